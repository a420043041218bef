"""python -m deploy.local run | seed | manage … | with-servers -- COMMAND | with-stack -- COMMAND"""

import argparse
import sys

from deploy.local.run import manage, run, seed, with_servers, with_stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    started = verbs.add_parser("run", help="the whole house until Ctrl-C")
    seeded = verbs.add_parser("seed", help="load the city into the database of `run`")
    managed = verbs.add_parser("manage", help="manage.py beside a running `run`: manage replay")
    managed.add_argument("command", nargs=argparse.REMAINDER)
    served = verbs.add_parser("with-servers", help="a command with PostgreSQL and Redis of its own")
    stacked = verbs.add_parser("with-stack", help="a command beside the whole house")
    for parsed in (started, seeded, stacked):
        parsed.add_argument("--persons", type=int, default=20_000)
        parsed.add_argument("--enterprises", type=int, default=2_000)
    for parsed in (served, stacked):
        parsed.add_argument(
            "--fast", action="store_true", help="fsync off: for ordinary tests, never for figures"
        )
        parsed.add_argument("command", nargs=argparse.REMAINDER)
    words = parser.parse_args()
    if words.verb == "run":
        return run(words.persons, words.enterprises)
    if words.verb == "seed":
        return seed(words.persons, words.enterprises)
    if words.verb == "manage":
        return manage(words.command)
    command = words.command[1:] if words.command[:1] == ["--"] else words.command
    if not command:
        parser.error("no command given after --")
    if words.verb == "with-servers":
        return with_servers(command, durable=not words.fast)
    return with_stack(
        command, durable=not words.fast, persons=words.persons, enterprises=words.enterprises
    )


if __name__ == "__main__":
    sys.exit(main())
