"""Who can log in at the desk of a demo: `make run` prints it, role by role."""

from demo import accounts
from deploy.local import run
from people import roles
from people.models import User


def test_the_listing_names_every_officer_under_their_role(furnished: None) -> None:
    lines = accounts.listing()
    assert accounts.password() in lines[0]
    found: dict[str, str] = {}
    heading = ""
    for line in lines[1:]:
        if line.startswith("    "):
            found[line.split()[0]] = heading
        else:
            heading = line.split()[-1]
    officers = User.objects.exclude(role=User.Role.CITIZEN)
    assert found == dict(officers.values_list("username", "role"))
    assert set(found.values()) == {role.value for role in roles.OFFICERS}
    nanshan = next(line for line in lines if "clerk-hrss-nanshan" in line)
    assert nanshan.split()[1:] == ["何帆", "人力资源和社会保障局", "南山区"]


def test_a_run_prints_where_the_desk_is() -> None:
    assert run.ADDRESSES["desk"] == "/desk/"
