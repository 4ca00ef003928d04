package render

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/slipway-go/slipway/layouts"
)

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// plainText returns the text of a file, which must be UTF-8, without a byte order
// mark.
func plainText(f layouts.File) ([]byte, error) {
	data := bytes.TrimPrefix(f.Data, []byte(byteOrderMark))
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return nil, &Error{File: f.Path, Err: errors.New("the file is UTF-16: save it as UTF-8")}
		}
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, errorIn(f.Path, string(data), i, errors.New("a NUL character: the file is not a text, "+
			"or not UTF-8"))
	}
	for offset := 0; offset < len(data); {
		r, size := utf8.DecodeRune(data[offset:])
		if r == utf8.RuneError && size == 1 {
			return nil, errorIn(f.Path, string(data), offset, errors.New("not UTF-8: save the file as UTF-8"))
		}
		offset += size
	}
	return data, nil
}
