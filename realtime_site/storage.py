"""Static files in production: every name carries its content's hash, also inside JS module imports."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class SiteStaticFilesStorage(ManifestStaticFilesStorage):
    """Django's manifest storage, with hashed names written into `import` statements too."""

    support_js_module_import_aggregation = True
