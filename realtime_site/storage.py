"""Static files in production: every name carries its content's hash, also inside JS module imports."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class SiteStaticFilesStorage(ManifestStaticFilesStorage):
    """Django's manifest storage, with hashed names written into `import` statements too."""

    support_js_module_import_aggregation = True
    # A pass settles one more level of imports; Django's five are too few for a chain of nine modules, and
    # were enough only while the folder happened to be read in a lucky order.
    max_post_process_passes = 20
