"""Run the whole pipeline on synthetic videos."""

from cli.options import Home, Json, Posts


def demo(home: Home = None, posts: Posts = None, json: Json = False) -> None:
    """Run the whole pipeline on this machine, on synthetic videos.

    Generates a library of videos, fetches them as Cloud Scheduler would, waits until all are rated
    and loaded, and shows the result. A second run changes no row. The demo has a home of its own,
    demo in the default home: its videos stay apart from yours. `--demo` lets other verbs look at
    it.
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.verbs.demo.earlier import set_aside
    from cli.verbs.demo.run import demonstrate, in_large_batches
    from cli.verbs.demo.view import show
    from local.home import Home as LocalHome

    screen = Screen(machine=json)
    set_aside(home, screen)
    root = LocalHome.of_demo(home).root
    with in_large_batches(), open_cloud(root, screen, posts=posts) as endpoints:
        outcome = demonstrate(endpoints, screen)
        if json:
            screen.show_json(outcome.document())
        else:
            show(outcome, screen, home)
        outcome.refuse_failure()
