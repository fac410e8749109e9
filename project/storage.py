"""Static files: small, and under names that hold their hash, so that browsers may keep them."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any

from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Of our own files, comments and indents stay here; other packages' files are served as they are.
OWN = "chatbot"
MINIFIERS: dict[str, Callable[[str], str]] = {".js": jsmin, ".css": cssmin}


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Rewrites the imports between ES modules too."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        """`paths`: name -> (storage, path) of each file that was collected."""
        for name, (storage, path) in paths.items():
            minify = MINIFIERS.get(PurePath(name).suffix)
            if minify and PurePath(name).parts[0] == OWN:
                with storage.open(path) as source:
                    small = minify(source.read().decode())
                Path(self.path(name)).write_text(small)
                paths[name] = (self, name)
        yield from super().post_process(paths, **options)
