"""A difference that Alembic's comparison found, in words."""


def shown(difference):
    """Return e.g. "add column users.age" for one entry of `compare_metadata`."""
    if isinstance(difference, list):
        return "; ".join(shown(each) for each in difference)
    kind = str(difference[0])
    verb, _, what = kind.partition("_")
    words = {"fk": "foreign key"}.get(what, what.replace("_", " "))
    return "{} {} {}".format(verb, words, _subject(kind, difference)).strip()


def _subject(kind, difference):
    if kind in ("add_column", "remove_column"):
        return "{}.{}".format(difference[2], difference[3].name)
    if kind.startswith("modify_"):
        old, new = difference[-2], difference[-1]
        return "{}.{}: the database has {}, the models have {}".format(
            difference[2], difference[3], _plain(old), _plain(new)
        )
    item = difference[1]
    table = getattr(item, "table", None)
    name = getattr(item, "name", None) or _columns(item)
    return "{} on {}".format(name, table.name) if table is not None else str(name)


def _columns(item):
    names = [getattr(each, "name", "") for each in getattr(item, "columns", ())]
    return "({})".format(", ".join(names))


def _plain(value):
    if value is True or value is False:
        return "NULL" if value else "NOT NULL"
    text = getattr(getattr(value, "arg", None), "text", None)
    return str(text if text is not None else value)
