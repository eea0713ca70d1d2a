"""What ends a drill before its last fault; the message is a sentence for the operator."""


class CannotStart(Exception):
    """Something that the drill needs is not there; nothing was begun."""


class StepFailed(Exception):
    """One of the drill's own parts did not do what it must; the rest cannot be judged."""
