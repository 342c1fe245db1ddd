"""What commands use beside the public names, each loaded when a command first asks for it."""

from waterplan.base.late import late_names

__getattr__, __all__ = late_names(__name__, __file__)
