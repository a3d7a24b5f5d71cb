/* The stable hash of texts. glowray/native/byte_hash.py defines it. */
#include "texts.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are read as little-endian machines have them"
#endif

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

enum { KNOWN_PLACES = 64 };

static uint64_t known_places[KNOWN_PLACES];

static inline uint64_t mix(uint64_t word)
{
    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return word ^ (word >> 31);
}

/* Return the odd number that multiplies the word at an index. */
static inline uint64_t place(uint64_t index)
{
    return index < KNOWN_PLACES ? known_places[index] : mix((index + 1) * GOLDEN) | 1;
}

static inline uint64_t folded(uint64_t word)
{
    return word ^ (word >> 32);
}

static inline uint64_t hash_of(const uint8_t *from, Py_ssize_t length, const uint8_t *end, uint64_t tag)
{
    uint64_t total = 0, index = 0;
    Py_ssize_t left = length;
    for (; left >= 8; left -= 8, from += 8)
        total += folded(eight(from)) * place(index++);
    if (left)
        total += folded(word_from(from, left, end)) * place(index);
    return mix(total + (uint64_t)length * GOLDEN + tag);
}

static PyObject *hashes(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *data, *starts, *ends, *out;
    unsigned long long tag;
    Texts texts;
    if (!PyArg_ParseTuple(arguments, "OOOKO", &data, &starts, &ends, &tag, &out) ||
        texts_from(&texts, data, starts, ends) < 0)
        return NULL;
    Py_buffer results;
    int failed = results_into(&results, out, &texts, sizeof(uint64_t));
    if (failed == 0) {
        for (Py_ssize_t i = 0; i < texts.count && failed == 0; i++) {
            Py_ssize_t length;
            const Py_ssize_t start = text_at(&texts, i, &length);
            if (start < 0)
                failed = -1;
            else
                ((uint64_t *)results.buf)[i] = hash_of(texts.bytes + start, length, texts.end, tag);
        }
        PyBuffer_Release(&results);
    }
    texts_release(&texts);
    if (failed < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Write a code of each text: its bytes and its length, mixed. Return 1, or 0 if a text has eight bytes or more, or -1
 * with an exception set. */
static int short_codes(const Texts *texts, uint64_t *out)
{
    for (Py_ssize_t i = 0; i < texts->count; i++) {
        Py_ssize_t length;
        const Py_ssize_t start = text_at(texts, i, &length);
        if (start < 0)
            return -1;
        if (length >= 8)
            return 0;
        out[i] = mix(word_from(texts->bytes + start, length, texts->end) | (uint64_t)length << 56);
    }
    return 1;
}

static PyObject *codes(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *data, *starts, *ends, *out;
    Texts texts;
    if (!PyArg_ParseTuple(arguments, "OOOO", &data, &starts, &ends, &out) || texts_from(&texts, data, starts, ends) < 0)
        return NULL;
    Py_buffer results;
    int all = results_into(&results, out, &texts, sizeof(uint64_t));
    if (all == 0) {
        all = short_codes(&texts, results.buf);
        PyBuffer_Release(&results);
    }
    texts_release(&texts);
    return all < 0 ? NULL : PyBool_FromLong(all);
}

static PyMethodDef methods[] = {
    {"hashes", hashes, METH_VARARGS, "hashes(data, starts, ends, tag, out) writes the stable hash of each text"},
    {"codes", codes, METH_VARARGS, "codes(data, starts, ends, out) -> whether all texts have less than eight bytes"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "hashing", "The stable hash of texts.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_hashing(void)
{
    for (uint64_t index = 0; index < KNOWN_PLACES; index++)
        known_places[index] = mix((index + 1) * GOLDEN) | 1;
    return PyModule_Create(&module);
}
