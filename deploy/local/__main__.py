"""python -m deploy.local run | seed | manage … | with-servers -- COMMAND | with-stack -- COMMAND"""

import argparse
import sys

from deploy.local.run import manage, run, seed, with_servers, with_stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    run_parser = actions.add_parser("run", help="all processes until Ctrl-C")
    seed_parser = actions.add_parser("seed", help="load the city into the database of `run`")
    manage_parser = actions.add_parser("manage", help="manage.py beside a running `run`")
    manage_parser.add_argument("command", nargs=argparse.REMAINDER)
    servers_parser = actions.add_parser("with-servers", help="a command with servers of its own")
    stack_parser = actions.add_parser("with-stack", help="a command beside all processes")
    for one in (run_parser, seed_parser, stack_parser):
        one.add_argument("--persons", type=int, default=20_000)
        one.add_argument("--enterprises", type=int, default=2_000)
    for one in (servers_parser, stack_parser):
        one.add_argument(
            "--fast", action="store_true", help="fsync off: for ordinary tests, never for figures"
        )
        one.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.action == "run":
        return run(arguments.persons, arguments.enterprises)
    if arguments.action == "seed":
        return seed(arguments.persons, arguments.enterprises)
    if arguments.action == "manage":
        return manage(arguments.command)
    command = arguments.command
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        parser.error("no command after --")
    if arguments.action == "with-servers":
        return with_servers(command, durable=not arguments.fast)
    return with_stack(
        command,
        durable=not arguments.fast,
        persons=arguments.persons,
        enterprises=arguments.enterprises,
    )


if __name__ == "__main__":
    sys.exit(main())
