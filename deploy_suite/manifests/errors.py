"""A manifest that cannot be read: a fault of the project, which the reader of the manifest turns into a finding."""

from deploy_suite.model.location import Location


class ManifestError(Exception):
    """The text is not what its name promises."""

    def __init__(self, message: str, location: Location, *, remedy: str = "") -> None:
        """Keep the place and the remedy for the finding."""
        super().__init__(f"{location}: {message}")
        self.message = message
        self.location = location
        self.remedy = remedy
