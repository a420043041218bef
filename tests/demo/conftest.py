import pytest

from demo.city import City


@pytest.fixture(scope="session")
def city() -> City:
    return City(persons=400, enterprises=100)
