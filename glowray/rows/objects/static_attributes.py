"""Read the user's objects without running any of their code.

A proxy such as Flask's `request` may raise from its truth, its equality, its hash and every attribute, `__class__`
included. So this module uses only `type()`, identity, and stored attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")

_MRO: Any = type.__dict__["__mro__"]
_CLASS_DICT: Any = type.__dict__["__dict__"]
_MODULE_NAME: Any = type.__dict__["__module__"]
_QUALNAME: Any = type.__dict__["__qualname__"]
_BUILTINS: Any = FunctionType.__dict__["__builtins__"]
_NOTHING: Mapping[str, Any] = {}


def is_instance(value: object, cls: type[T]) -> TypeGuard[T]:
    """Return whether a value's own type is `cls` or a subclass. `isinstance` would also read `value.__class__`.

    >>> is_instance(True, int)
    True
    """
    return issubclass(type(value), cls)


def is_one_of(value: object, options: Iterable[object]) -> bool:
    """Return whether a value is identical to one of `options`. `in` would call `__eq__`, and a set `__hash__`.

    >>> is_one_of(1.0, (1, 2))
    False
    """
    return any(value is each for each in options)


def mro_of(cls: type) -> tuple[type, ...]:
    """Return the MRO of a class, even if its metaclass overrides `__mro__`."""
    found: tuple[type, ...] = _MRO.__get__(cls)
    return found


def class_attributes(cls: type) -> Mapping[str, Any]:
    """Return the attributes that a class itself stores. Descriptors are not called."""
    found: Mapping[str, Any] = _CLASS_DICT.__get__(cls)
    return found


def class_attribute(cls: type, name: str, default: Any = None) -> Any:
    """Return the attribute that a class stores under a name, or that the first of its bases that has one stores.

    >>> class_attribute(bool, "real") is vars(int)["real"]
    True
    """
    for each in mro_of(cls):
        if name in (stored := class_attributes(each)):
            return stored[name]
    return default


def module_name(cls: type) -> str:
    """Return the name of a class's module, or "" if it is not a str."""
    name = _MODULE_NAME.__get__(cls)
    return name if type(name) is str else ""


def class_name(cls: type) -> str:
    """Return the qualified name of a class.

    >>> class_name(int)
    'int'
    """
    return str(_QUALNAME.__get__(cls))


def instance_attributes(value: object) -> Mapping[str, Any]:
    """Return the attributes in an object's own `__dict__`. Return {} if it has none, or if its class computes it.

    >>> def f(): pass
    >>> f.mark = 1
    >>> instance_attributes(f)
    {'mark': 1}
    """
    descriptor = class_attribute(type(value), "__dict__")
    if type(descriptor) is not GetSetDescriptorType and type(descriptor) is not MemberDescriptorType:
        return _NOTHING
    found = descriptor.__get__(value)
    return found if type(found) is dict else _NOTHING


def stored_attribute(value: object, name: str, default: Any = None) -> Any:
    """Return an attribute that an object stores in its `__dict__`, in a slot, or in a field of a C type.

    Calls no property, method or `__getattr__`.
    """
    found = instance_attributes(value)
    if name in found:
        return found[name]
    descriptor = class_attribute(type(value), name)
    if type(descriptor) is not GetSetDescriptorType and type(descriptor) is not MemberDescriptorType:
        return default
    try:
        return descriptor.__get__(value)
    except AttributeError:  # The slot was never filled.
        return default


def name_of(call: object) -> str:
    """Return the qualified name that a callable stores, or else its class's name. None of the user's code runs.

    >>> name_of(str.upper), name_of(isinstance), name_of(dict)
    ('str.upper', 'isinstance', 'dict')
    """
    if is_instance(call, type):
        return class_name(call)
    if type(call) is MethodType:
        return name_of(call.__func__)
    names = (stored_attribute(call, name) for name in ("__qualname__", "__name__"))
    return next((name for name in names if type(name) is str and name), class_name(type(call)))


def builtins_of(function: FunctionType) -> dict[str, Any]:
    """Return the builtins that a function uses. A module may have replaced Python's by its own."""
    found: dict[str, Any] = _BUILTINS.__get__(function)
    return found


def module_attribute(module: ModuleType, name: str) -> Any:
    """Return the value that a module stores under a name, or None. It does not make a lazy module load itself."""
    return instance_attributes(module).get(name)
