package render

import (
	"slices"
	"unicode/utf8"
)

// A ruler tells lines and columns of a text, which may be one long line, without reading it
// from its beginning each time.
type ruler struct {
	text   []byte
	starts []int // of the lines
	counts []int // of the characters before each block
}

// rulerBlock is how many bytes of a text are read at most to count its characters.
const rulerBlock = 256

func newRuler(text []byte) *ruler {
	r := &ruler{text: text, starts: []int{0}, counts: make([]int, 0, len(text)/rulerBlock+1)}
	count := 0
	for i, c := range text {
		if i%rulerBlock == 0 {
			r.counts = append(r.counts, count)
		}
		if utf8.RuneStart(c) {
			count++
		}
		if c == '\n' {
			r.starts = append(r.starts, i+1)
		}
	}
	return r
}

// count returns how many characters begin before an offset.
func (r *ruler) count(offset int) int {
	block := min(offset/rulerBlock, len(r.counts)-1)
	if block < 0 {
		return 0
	}
	n := r.counts[block]
	for _, c := range r.text[block*rulerBlock : offset] {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

// position returns the line and column, from 1, of an offset.
func (r *ruler) position(offset int) (line, column int) {
	offset = min(max(offset, 0), len(r.text))
	line, _ = slices.BinarySearch(r.starts, offset+1)
	return line, 1 + r.count(offset) - r.count(r.starts[line-1])
}

// offset returns where a column of a line begins; both count from 1.
func (r *ruler) offset(line, column int) int {
	offset := r.starts[min(max(line, 1), len(r.starts))-1]
	skip := column - 1
	want := r.count(offset) + skip
	block, found := slices.BinarySearch(r.counts, want)
	if !found {
		block--
	}
	if from := block * rulerBlock; from > offset {
		for ; from < len(r.text) && !utf8.RuneStart(r.text[from]); from++ {
		}
		offset, skip = from, want-r.count(from)
	}
	for ; skip > 0 && offset < len(r.text); skip-- {
		_, size := utf8.DecodeRune(r.text[offset:])
		offset += size
	}
	return offset
}

// errorIn returns err at an offset of one of the program's files.
func (p *program) errorIn(file string, offset int, err error) *Error {
	r := p.rulers[file]
	if r == nil {
		if p.rulers == nil {
			p.rulers = map[string]*ruler{}
		}
		r = newRuler([]byte(p.texts[file]))
		p.rulers[file] = r
	}
	line, column := r.position(offset)
	return &Error{File: file, Line: line, Column: column, Err: err}
}
