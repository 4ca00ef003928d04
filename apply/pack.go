package apply

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"sync"
)

// packers are kept since each holds 800 KiB of tables, and a run may pack hundreds.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// pack compresses a revision; the same revision gives the same bytes.
func pack(revision Revision) ([]byte, error) {
	text, err := json.Marshal(revision)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	_, err = w.Write(text)
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

func unpack(packed []byte) (Revision, error) {
	var revision Revision
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return revision, err
	}
	return revision, json.NewDecoder(r).Decode(&revision)
}
