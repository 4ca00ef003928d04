package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"sync"
	"unicode/utf8"

	yaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
)

// Decrypter returns what makes the plain text of a file of values, for
// render.Options.Decrypt. Files without anything encrypted come back as they are.
//
// A value that is encrypted becomes a string, tagged !unsafe, on as many lines as it had.
//
// What cannot be decrypted is a [*render.Error] with the file, and with the line of the
// value. It may be used by several goroutines, and keeps what it decrypted.
func Decrypter(passwords ...Password) func(layouts.File) (layouts.File, error) {
	d := &decrypter{passwords: passwords}
	return func(f layouts.File) (layouts.File, error) {
		plain, err := d.file(f)
		if err != nil {
			return layouts.File{}, err
		}
		return layouts.File{Path: f.Path, Data: plain}, nil
	}
}

type decrypter struct {
	passwords []Password
	opened    sync.Map // plain texts, by encrypted ones: a key takes 10,000 rounds
}

func (d *decrypter) open(text []byte) ([]byte, error) {
	if plain, ok := d.opened.Load(string(text)); ok {
		return plain.([]byte), nil
	}
	plain, err := open(text, d.passwords)
	if err != nil {
		return nil, err
	}
	d.opened.Store(string(text), plain)
	return plain, nil
}

func (d *decrypter) file(f layouts.File) ([]byte, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(f.Data), []byte(header)) {
		return d.inline(f)
	}
	plain, err := d.open(f.Data)
	if err != nil {
		return nil, &render.Error{File: f.Path, Line: 1, Err: err}
	}
	var any yaml.Node
	if yaml.Unmarshal(plain, &any) != nil {
		// The parser's own words may quote the text.
		return nil, &render.Error{File: f.Path, Err: errors.New("what is encrypted in it is no YAML: " +
			"see ansible-vault view")}
	}
	return plain, nil
}

// valuePattern matches an encrypted value, from its tag to its last line.
var valuePattern = regexp.MustCompile(`!vault(?:-encrypted)?[ \t]+[|>][-+0-9]*[ \t]*(?:#.*)?\r?\n` +
	`((?:[ \t]*\r?\n)*[ \t]+\$ANSIBLE_VAULT;.*\r?\n(?:[ \t]+[0-9a-fA-F]+[ \t]*\r?(?:\n|$))+)`)

// inline replaces the encrypted values of a file.
func (d *decrypter) inline(f layouts.File) ([]byte, error) {
	if !bytes.Contains(f.Data, []byte("!vault")) {
		return f.Data, nil
	}
	tagged := taggedLines(f.Data)
	var out bytes.Buffer
	var errs []error
	at := 0
	for _, m := range valuePattern.FindAllSubmatchIndex(f.Data, -1) {
		line := 1 + bytes.Count(f.Data[:m[0]], []byte("\n"))
		if !tagged[line] {
			continue // in a text
		}
		value, err := d.value(f.Data[m[2]:m[3]])
		if err != nil {
			errs = append(errs, &render.Error{File: f.Path, Line: line, Err: err})
			continue
		}
		out.Write(f.Data[at:m[0]])
		out.WriteString("!unsafe ")
		out.Write(value)
		out.Write(bytes.Repeat([]byte("\n"), bytes.Count(f.Data[m[0]:m[1]], []byte("\n"))))
		at = m[1]
	}
	out.Write(f.Data[at:])
	return out.Bytes(), errors.Join(errs...)
}

// value returns the plain text of an encrypted value as YAML.
func (d *decrypter) value(text []byte) ([]byte, error) {
	plain, err := d.open(bytes.TrimSpace(text))
	switch {
	case err != nil:
		return nil, err
	case !utf8.Valid(plain):
		return nil, errors.New("what is encrypted is no text: encode it in base64 first")
	}
	return json.Marshal(string(plain)) // JSON is YAML
}

// taggedLines returns the lines of values tagged !vault.
func taggedLines(data []byte) map[int]bool {
	lines := map[int]bool{}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil {
			return lines // its errors are told by who reads the values
		}
		note(&doc, lines)
	}
}

func note(n *yaml.Node, lines map[int]bool) {
	if n.Tag == "!vault" || n.Tag == "!vault-encrypted" {
		lines[n.Line] = true
	}
	for _, child := range n.Content {
		note(child, lines)
	}
}
