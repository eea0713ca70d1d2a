"""The Django site that puts the apps together: settings, URLs, ASGI, and the `up` command."""
