import subprocess
import sys

import engine


def test_the_public_names_are_these():
    assert engine.__all__ == [
        "BatchReport",
        "Bucket",
        "BucketChanges",
        "CancelToken",
        "FileStorage",
        "Folder",
        "ListPage",
        "ListRequest",
        "Progress",
        "RlsContext",
        "Settings",
        "SignedUrl",
        "SortColumn",
        "StorageError",
        "StorageEvent",
        "StorageObject",
        "UploadItem",
        "UploadOptions",
        "Workspace",
        "__version__",
        "load_settings",
        "open_workspace",
    ]


def test_every_public_name_is_there_and_says_what_it_is():
    for name in engine.__all__:
        assert getattr(engine, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(engine, "no_such_name")


def test_importing_the_engine_loads_no_database_library():
    program = "import engine.errors, sys; sys.exit('sqlalchemy' in sys.modules or 'PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
