package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// A Password opens what was encrypted with it.
type Password struct {
	// ID is the label of --vault-id; it may be empty.
	ID string
	// Text is what ansible-vault was given, without blanks around it.
	Text string
}

// String hides the password.
func (p Password) String() string { return fmt.Sprintf("password of vault ID %q", p.ID) }

// GoString hides the password.
func (p Password) GoString() string { return p.String() }

// header begins an encrypted text.
const header = "$ANSIBLE_VAULT;"

var (
	errNoPassword = errors.New("it is encrypted with Ansible Vault: pass its password " +
		"(slipway: --vault-password-file)")
	errFormat = errors.New("it is cut off, or was changed after Ansible Vault encrypted it")
)

// An envelope is an encrypted text, taken apart.
type envelope struct {
	id                string
	salt, mac, cipher []byte
}

// open returns the plain text of a text that begins with header.
func open(text []byte, passwords []Password) ([]byte, error) {
	if len(passwords) == 0 {
		return nil, errNoPassword
	}
	e, err := parse(text)
	if err != nil {
		return nil, err
	}
	for _, sameID := range []bool{true, false} {
		for _, p := range passwords {
			if (p.ID == e.id) != sameID {
				continue
			}
			plain, ok, err := e.open(p.Text)
			if err != nil || ok {
				return plain, err
			}
		}
	}
	return nil, e.wrong(passwords)
}

// wrong returns the error for passwords of which none fits.
func (e *envelope) wrong(passwords []Password) error {
	what := "the vault password is wrong"
	if len(passwords) > 1 {
		what = fmt.Sprintf("none of the %d vault passwords fits", len(passwords))
	}
	if e.id != "" {
		what += fmt.Sprintf(": it was encrypted with the one of vault ID %q", e.id)
	}
	return errors.New(what)
}

// parse takes an encrypted text apart: a line of semicolons, then hex of three lines, each
// hex.
func parse(text []byte) (*envelope, error) {
	first, body, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	fields := strings.Split(strings.TrimSpace(string(first)), ";")
	switch {
	case len(fields) < 3 || fields[1] != "1.1" && fields[1] != "1.2":
		return nil, errors.New("its format of Ansible Vault is neither 1.1 nor 1.2: encrypt it anew")
	case fields[2] != "AES256":
		return nil, errors.New("it is not encrypted with AES256: encrypt it anew")
	}
	e := &envelope{}
	if len(fields) > 3 {
		e.id = fields[3]
	}
	inner, err := hex.DecodeString(string(bytes.Join(bytes.Fields(body), nil)))
	if err != nil {
		return nil, errFormat
	}
	parts := bytes.SplitN(inner, []byte("\n"), 3)
	if len(parts) != 3 {
		return nil, errFormat
	}
	for i, into := range []*[]byte{&e.salt, &e.mac, &e.cipher} {
		if *into, err = hex.DecodeString(string(parts[i])); err != nil {
			return nil, errFormat
		}
	}
	return e, nil
}

// Of the key that a password makes, these parts are for the cipher, for the code that
// proves the password, and for the counter.
const (
	keySize    = 32
	iterations = 10_000
)

// open returns false for a wrong password.
func (e *envelope) open(password string) (plain []byte, ok bool, err error) {
	key, err := pbkdf2.Key(sha256.New, password, e.salt, iterations, 2*keySize+aes.BlockSize)
	if err != nil {
		return nil, false, err
	}
	mac := hmac.New(sha256.New, key[keySize:2*keySize])
	mac.Write(e.cipher)
	if !hmac.Equal(mac.Sum(nil), e.mac) {
		return nil, false, nil
	}
	block, err := aes.NewCipher(key[:keySize])
	if err != nil {
		return nil, false, err
	}
	plain = make([]byte, len(e.cipher))
	cipher.NewCTR(block, key[2*keySize:]).XORKeyStream(plain, e.cipher)
	return unpad(plain)
}

// unpad takes off what fills the last block: n bytes, each n.
func unpad(plain []byte) ([]byte, bool, error) {
	if len(plain) == 0 {
		return nil, false, errFormat
	}
	n := int(plain[len(plain)-1])
	if n == 0 || n > aes.BlockSize || n > len(plain) {
		return nil, false, errFormat
	}
	return plain[:len(plain)-n], true, nil
}
