/* The frame of every module here: the stable ABI of Python 3.11, and the definition of a module. */
#ifndef GLOWRAY_MODULE_H
#define GLOWRAY_MODULE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* Define the module `name`, whose functions are `methods`, and begin the function that makes it. */
#define MODULE_WITH(name, text, methods)                                                                               \
    static struct PyModuleDef module = {                                                                               \
        PyModuleDef_HEAD_INIT, #name, text, -1, methods, NULL, NULL, NULL, NULL,                                       \
    };                                                                                                                 \
    PyMODINIT_FUNC PyInit_##name(void)

#define MODULE(name, text, methods)                                                                                    \
    MODULE_WITH(name, text, methods)                                                                                   \
    {                                                                                                                  \
        return PyModule_Create(&module);                                                                               \
    }

/* Return None, or NULL if a loop failed. */
static inline PyObject *none_or_error(int failed)
{
    return failed < 0 ? NULL : Py_NewRef(Py_None);
}

/* Return a bool, or NULL if a loop failed. */
static inline PyObject *bool_or_error(int found)
{
    return found < 0 ? NULL : PyBool_FromLong(found);
}

#endif
