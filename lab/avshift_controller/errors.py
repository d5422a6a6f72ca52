"""The one error that the controller in a folder reports to its user."""


class ControllerError(Exception):
    """Reads as `<what failed>: <object>: <cause>. <what to do>`."""

    def __init__(self, what: str, subject: str, cause: str, advice: str) -> None:
        super().__init__(f"{what}: {subject}: {cause.strip().rstrip('.')}. {advice}")
