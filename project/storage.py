"""Static files: small, and under names that hold their hash, so that browsers may keep them."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any

from django.contrib.staticfiles.storage import HashedFilesMixin
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Our own files lose their comments and indents on the way; other packages' are served as they are.
OWN = "chatbot"
MINIFIERS: dict[str, Callable[[str], str]] = {".js": jsmin, ".css": cssmin}


def is_own(name: str) -> bool:
    return PurePath(name).parts[0] == OWN


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Rewrites the imports between our ES modules too; others' scripts have some in comments."""

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        f"{OWN}/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
    use_brotli = True

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        """`paths`: name -> (storage, path) of each file that was collected."""
        for name, (storage, path) in paths.items():
            minify = MINIFIERS.get(PurePath(name).suffix)
            if minify and is_own(name):
                with storage.open(path) as source:
                    small = minify(source.read().decode())
                Path(self.path(name)).write_text(small)
                paths[name] = (self, name)
        yield from super().post_process(paths, **options)

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        """Brotli for our own alone: for the admin's it takes seconds, at each new start."""
        own = set(filter(is_own, paths))
        for names, use_brotli in ((own, True), (paths - own, False)):
            self.use_brotli = use_brotli
            yield from super().compress_files(names)

    def create_compressor(self, **options: Any) -> Compressor:
        return Compressor(use_brotli=self.use_brotli, **options)
