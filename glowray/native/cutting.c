/* Concatenate texts as an Arrow array holds them: see cutting.pyi. */
#include "texts.h"

/* Room after the last text, so that any short text can be copied as two words. */
enum { WORD = 8, SLACK = 2 * WORD };

/* Return the number of bytes of all texts, and write the start of each to `offsets`. Return -1 with an exception set
 * if a text is outside the data. */
static Py_ssize_t find_offsets(const Texts *texts, int64_t *offsets)
{
    Py_ssize_t total = 0;
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        if (text_at(texts, i, &length) < 0)
            return -1;
        offsets[i] = total;
        total += length;
    }
    offsets[texts->count] = total;
    return total;
}

static void copy_all(const Texts *texts, const int64_t *offsets, uint8_t *to)
{
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        const uint8_t *const from = texts->bytes + bound(&texts->starts, texts->wide, i);
        const size_t length = (size_t)(offsets[i + 1] - offsets[i]);
        if (length <= SLACK && texts->end - from >= SLACK)
            memcpy(to + offsets[i], from, SLACK); /* the next text overwrites the excess */
        else
            memcpy(to + offsets[i], from, length);
    }
}

static PyObject *cut(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Texts texts;
    if (parse_texts(arguments, &texts, "") < 0)
        return NULL;
    PyObject *made = NULL, *copied = NULL;
    PyObject *const offsets = PyByteArray_FromStringAndSize(NULL, (texts.count + 1) * (Py_ssize_t)sizeof(int64_t));
    if (offsets != NULL) {
        int64_t *const places = (int64_t *)PyByteArray_AsString(offsets);
        const Py_ssize_t total = find_offsets(&texts, places);
        copied = total < 0 ? NULL : PyByteArray_FromStringAndSize(NULL, total + SLACK);
        if (copied != NULL) {
            copy_all(&texts, places, (uint8_t *)PyByteArray_AsString(copied));
            memset(PyByteArray_AsString(copied) + total, 0, SLACK);
            made = PyTuple_Pack(2, offsets, copied);
        }
    }
    Py_XDECREF(offsets);
    Py_XDECREF(copied);
    texts_release(&texts);
    return made;
}

static PyMethodDef methods[] = {
    {"cut", cut, METH_VARARGS, "cut(data, starts, ends) -> (int64 offsets, the concatenated texts)"},
    {NULL, NULL, 0, NULL},
};

MODULE(cutting, "Concatenate texts.", methods)
