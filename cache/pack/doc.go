// Package pack turns Go values into bytes and back, all fields of them, exported or not: the private structures of a
// program, for another process of the same build. It knows nothing of what they mean.
//
// The format says nothing of itself. A reader must know the type, and that the writer's had the same [Codec.Shape].
// What it reads may come from anywhere: it never reads beyond the end, allocates only in proportion to what is there,
// and reports whatever does not fit as [ErrBroken].
//
// Integers are varints, those with a sign zigzag-encoded. A text is its number in a table that follows the values
// ([Writer.Texts]), so that each is stored once and is read without being copied. Slices and maps are their length plus
// one, 0 for nil, and their elements; a pointer is 0 or 1 and what it points to; a struct is its fields.
package pack
