"""Show the whole pipeline at work on synthetic videos."""

from cli.options import Home, Json, Posts


def demo(home: Home = None, posts: Posts = None, json: Json = False) -> None:
    """Run the whole pipeline on this machine: listing, upload, rating, star schema.

    Generates a library of synthetic videos, fetches them as Cloud Scheduler would, waits until
    everything is rated and loaded, and shows what came out. A second run changes no row.
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.verbs.demo.run import demonstrate, show

    screen = Screen(machine=json)
    with open_cloud(home, screen, posts=posts) as endpoints:
        outcome = demonstrate(endpoints, screen)
        if json:
            screen.show_json(outcome.document())
        else:
            show(outcome, screen)
        outcome.refuse_failure()
