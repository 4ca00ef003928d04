package render

// Positions returns what a ruler says of the byte at an offset, and of where that is.
func Positions(text []byte, offset int) (line, column, back int) {
	r := newRuler(text)
	line, column = r.position(offset)
	return line, column, r.offset(line, column)
}
