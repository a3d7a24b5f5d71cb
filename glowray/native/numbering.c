/* Number texts in the order of their first appearance with an open-addressing hash table: see numbering.pyi. */
#include "texts.h"

#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch(address)
#else
#define FETCH(address) ((void)(address))
#endif

/* ---------------------------------------------------------------- words ------------------------------------------ */

static inline uint64_t mixed(uint64_t word)
{
    word ^= word >> 32;
    word *= UINT64_C(0xD6E8FEB86659FD93);
    word ^= word >> 32;
    word *= UINT64_C(0xD6E8FEB86659FD93);
    return word ^ (word >> 32);
}

static uint64_t long_word(const uint8_t *from, Py_ssize_t length)
{
    uint64_t state = (uint64_t)length * UINT64_C(0x9E3779B97F4A7C15);
    const uint8_t *const last = from + length - 8;
    for (; from < last; from += 8)
        state = mixed(state ^ eight(from)) + UINT64_C(0x9E3779B97F4A7C15);
    return mixed(state ^ eight(last)); /* the last eight bytes; some may be hashed twice */
}

/* ---------------------------------------------------------------- a table of texts ------------------------------- */

enum { SHORT = 8, AT_ONCE = 64 };

/* The word of a text of at most eight bytes is its bytes. The word of a longer text is a hash. */
typedef struct {
    uint64_t word;
    uint32_t length; /* UINT32_MAX for longer texts */
    int32_t number;  /* -1: the slot is empty */
} Slot;

typedef struct {
    PyObject_HEAD
    Slot *slots;
    uint64_t mask; /* number of slots - 1; the number is a power of two */
    uint64_t seed;
    int64_t *ends; /* text i is arena[ends[i - 1]:ends[i]] */
    Py_ssize_t count, room;
    uint8_t *arena;
    Py_ssize_t used, size;
} Table;

static inline uint32_t cut_off(Py_ssize_t length)
{
    return length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
}

static inline uint64_t place_of(const Table *table, uint64_t word, uint32_t length)
{
    return mixed((word ^ table->seed) + length * UINT64_C(0x9E3779B97F4A7C15)) & table->mask;
}

static Slot *slots_of(uint64_t count)
{
    Slot *slots = PyMem_Malloc(count * sizeof(Slot));
    if (slots == NULL)
        PyErr_NoMemory();
    else
        memset(slots, 0xFF, count * sizeof(Slot)); /* every number is -1 */
    return slots;
}

static int table_widen(Table *table)
{
    const uint64_t old = table->mask + 1, count = old * 2;
    Slot *const slots = slots_of(count), *const before = table->slots;
    if (slots == NULL)
        return -1;
    table->mask = count - 1;
    for (uint64_t i = 0; i < old; i++) {
        if (before[i].number < 0)
            continue;
        uint64_t place = place_of(table, before[i].word, before[i].length);
        while (slots[place].number >= 0)
            place = (place + 1) & table->mask;
        slots[place] = before[i];
    }
    table->slots = slots;
    PyMem_Free(before);
    return 0;
}

static int table_reserve(Table *table, Py_ssize_t length)
{
    if (table->count == INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "more than 2**31 - 1 distinct keys in one task: use more partitions");
        return -1;
    }
    if (table->count == table->room) {
        const Py_ssize_t room = table->room ? table->room * 2 : 1024;
        int64_t *const ends = PyMem_Realloc(table->ends, (size_t)room * sizeof(int64_t));
        if (ends == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        table->ends = ends;
        table->room = room;
    }
    if (table->arena == NULL || table->size - table->used < length) {
        const Py_ssize_t size = (table->used + length) * 2 + 4096;
        uint8_t *const arena = PyMem_Realloc(table->arena, (size_t)size);
        if (arena == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        table->arena = arena;
        table->size = size;
    }
    return 0;
}

static inline int table_has(const Table *table, const Slot *slot, const uint8_t *text, Py_ssize_t length)
{
    const Py_ssize_t start = slot->number ? (Py_ssize_t)table->ends[slot->number - 1] : 0;
    return table->ends[slot->number] - start == length && memcmp(table->arena + start, text, (size_t)length) == 0;
}

/* Return the number of a text, or -1 with an exception set if memory runs out. */
static inline int32_t table_number(Table *table, const uint8_t *text, Py_ssize_t length, uint64_t word, uint64_t place)
{
    const uint32_t cut = cut_off(length);
    for (Slot *slot = table->slots + place; slot->number >= 0; slot = table->slots + place) {
        if (slot->word == word && slot->length == cut && (length <= SHORT || table_has(table, slot, text, length)))
            return slot->number;
        place = (place + 1) & table->mask;
    }
    if (table_reserve(table, length) < 0)
        return -1;
    const int32_t number = (int32_t)table->count++;
    memcpy(table->arena + table->used, text, (size_t)length);
    table->used += length;
    table->ends[number] = table->used;
    table->slots[place] = (Slot){word, cut, number};
    if ((uint64_t)table->count * 2 > table->mask && table_widen(table) < 0)
        return -1;
    return number;
}

/* A table larger than the CPU cache causes waits for memory. So the slots of AT_ONCE texts are prefetched together. */
static int table_number_all(const Texts *texts, void *out, void *context)
{
    Table *const table = context;
    int32_t *const numbers = out;
    uint64_t words[AT_ONCE], places[AT_ONCE];
    Py_ssize_t starts[AT_ONCE], lengths[AT_ONCE];
    for (Py_ssize_t done = 0; done < texts->count; done += AT_ONCE) {
        const int count = (int)(texts->count - done < AT_ONCE ? texts->count - done : AT_ONCE);
        const uint64_t mask = table->mask;
        for (int i = 0; i < count; i++) {
            starts[i] = text_at(texts, done + i, &lengths[i]);
            if (starts[i] < 0)
                return -1;
            const uint8_t *const text = texts->bytes + starts[i];
            words[i] = lengths[i] <= SHORT ? word_from(text, lengths[i], texts->end) : long_word(text, lengths[i]);
            places[i] = place_of(table, words[i], cut_off(lengths[i]));
            FETCH(table->slots + places[i]);
        }
        for (int i = 0; i < count; i++) { /* a longer text is compared with the text in its slot */
            const Slot *const slot = table->slots + places[i];
            if (lengths[i] > SHORT && slot->number > 0)
                FETCH(table->ends + slot->number - 1);
        }
        for (int i = 0; i < count; i++) {
            if (table->mask != mask) /* the table was widened in this round */
                places[i] = place_of(table, words[i], cut_off(lengths[i]));
            numbers[done + i] = table_number(table, texts->bytes + starts[i], lengths[i], words[i], places[i]);
            if (numbers[done + i] < 0)
                return -1;
        }
    }
    return 0;
}

static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"seed", NULL};
    unsigned long long seed;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "K", names, &seed))
        return NULL;
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Table *table = (Table *)alloc(type, 0); /* all zero */
    if (table == NULL)
        return NULL;
    table->seed = seed;
    table->mask = 1023;
    table->slots = slots_of(table->mask + 1);
    if (table->slots == NULL) {
        Py_DECREF(table);
        return NULL;
    }
    return (PyObject *)table;
}

static void table_dealloc(PyObject *self)
{
    Table *const table = (Table *)self;
    PyTypeObject *const type = Py_TYPE(self);
    PyMem_Free(table->slots);
    PyMem_Free(table->ends);
    PyMem_Free(table->arena);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *table_method_number(PyObject *self, PyObject *arguments)
{
    PyObject *out;
    Texts texts;
    if (parse_texts(arguments, &texts, "O", &out) < 0)
        return NULL;
    return none_or_error(run_loop(&texts, out, sizeof(int32_t), table_number_all, self));
}

static PyObject *table_method_texts(PyObject *self, PyObject *Py_UNUSED(nothing))
{
    const Table *const table = (Table *)self;
    PyObject *const ends = PyBytes_FromStringAndSize((const char *)table->ends, table->count * (Py_ssize_t)sizeof(int64_t));
    PyObject *const data = PyBytes_FromStringAndSize((const char *)table->arena, table->used);
    PyObject *const made = ends == NULL || data == NULL ? NULL : PyTuple_Pack(2, ends, data);
    Py_XDECREF(ends);
    Py_XDECREF(data);
    return made;
}

static Py_ssize_t table_length(PyObject *self)
{
    return ((Table *)self)->count;
}

static PyMethodDef table_methods[] = {
    {"number", table_method_number, METH_VARARGS, "number(data, starts, ends, out) writes the number of each text"},
    {"texts", table_method_texts, METH_NOARGS, "texts() -> (ends, data) of all distinct texts"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot table_slots[] = {
    {Py_tp_new, table_new},         {Py_tp_dealloc, table_dealloc}, {Py_tp_methods, table_methods},
    {Py_mp_length, table_length},   {Py_sq_length, table_length},   {0, NULL},
};

static PyType_Spec table_spec = {"glowray.native.numbering.Table", sizeof(Table), 0, Py_TPFLAGS_DEFAULT, table_slots};

/* ---------------------------------------------------------------- the module ------------------------------------- */

MODULE_WITH(numbering, "Number texts as they first appear.", NULL)
{
    PyObject *const made = PyModule_Create(&module);
    PyObject *const table = made == NULL ? NULL : PyType_FromSpec(&table_spec);
    if (table == NULL || PyModule_AddObjectRef(made, "Table", table) < 0) {
        Py_XDECREF(table);
        Py_XDECREF(made);
        return NULL;
    }
    Py_DECREF(table);
    return made;
}
