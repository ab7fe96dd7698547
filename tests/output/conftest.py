import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regen",
        action="store_true",
        help="write what is generated now into tests/cases/*/expected, to be reviewed with git diff",
    )
