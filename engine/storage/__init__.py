"""The façade of the engine, and the parts that it is put together from."""

from engine.storage.facade import FileStorage as FileStorage
