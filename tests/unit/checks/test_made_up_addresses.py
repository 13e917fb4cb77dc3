import pytest

from deploy_suite.checks import made_up

VALUES = (
    ("QUEUE", "not an address"),
    ("REDIS_URL", "redis://127.0.0.1:6379/0"),
    ("MAIL", "mail.example.com:25"),
    ("MONGODB_URI", "mongodb://127.0.0.1/shop?retryWrites=true"),
    ("SITE", "https://127.0.0.1/"),
    ("SHOP_DB", "mysql+pymysql://shop@localhost/shop"),
)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379. Connection refused.", "REDIS_URL"),
        ("connection to server at 127.0.0.1, port 6379 failed: Connection refused", "REDIS_URL"),
        ("ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 6379)", "REDIS_URL"),
        ("connecting to mail.example.com:25: Connection refused", "MAIL"),
        ("ServerSelectionTimeoutError: 127.0.0.1:27017: [Errno 111] Connection refused", "MONGODB_URI"),
        ("(2003, \"Can't connect to MySQL server on 'localhost' ([Errno 111] Connection refused)\")", "SHOP_DB"),
        ("(2003, \"Can't connect to MySQL server on 'db.example.com' ([Errno 111] Connection refused)\")", ""),
        ("connecting to 127.0.0.1:443: Connection refused", ""),
        ("connecting to 127.0.0.1:63790: Connection refused", ""),
        ("connecting to 127.0.0.1:6379: AuthenticationError", ""),
    ],
)
def test_a_closed_door_at_a_made_up_address_names_its_variable(said: str, name: str) -> None:
    assert made_up.spoken_of(VALUES, said) == name


def test_the_line_that_complains_of_a_closed_door_is_quoted() -> None:
    log = "INFO: up\n  ERROR localhost:27017: [Errno 111] Connection refused, Timeout: 30s\nINFO: Shutting down\n"

    assert made_up.closed_door(log) == "ERROR localhost:27017: [Errno 111] Connection refused, Timeout: 30s"
    assert made_up.closed_door("INFO: up\n") == ""
