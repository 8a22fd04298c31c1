"""Errors of the quantization room: each message names what is wrong, where, and what to do."""


class QuantError(ValueError):
    """A bad input to quantization; the base of the errors below."""


class UnsupportedLayerError(QuantError):
    """A network uses a layer, or a use of a layer, that has no integer counterpart here."""


class BitWidthError(QuantError):
    """A width outside the supported range, or bits for a layer or tensor that does not exist."""


class CheckpointError(QuantError):
    """A checkpoint that is missing, damaged, of another network, or not made of finite numbers."""


class NetworkFileError(QuantError):
    """A file that should bring a network and is missing, damaged, or brings something else."""


class DataError(QuantError):
    """Images or labels that nothing can be learned from or measured on."""


class TrainingError(QuantError):
    """A training that left the finite numbers."""


class SettingsError(QuantError):
    """A setting outside its range, or a budget that no allocation can meet."""


class ExportError(QuantError):
    """A trained network whose numbers have no representation in the integer arithmetic."""
