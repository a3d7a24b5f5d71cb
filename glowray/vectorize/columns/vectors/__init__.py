"""The data of a column program: kinds, vectors, frames and their conversion from and to blocks."""
