package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/util/keyutil"
)

// credentials are the secrets of one control plane, made anew for each dir.
type credentials struct {
	token             string // bearer token of a member of system:masters
	tokens            string // file: the same, as the API server reads it
	serviceAccountKey string // file: signs and verifies service account tokens
}

// credentialsOf returns the credentials in dir. If there are none, it makes them and
// writes their files.
func credentialsOf(dir string) (credentials, error) {
	c := credentials{
		tokens:            filepath.Join(dir, "tokens.csv"),
		serviceAccountKey: filepath.Join(dir, "service-account.key"),
	}
	line, err := os.ReadFile(c.tokens)
	if errors.Is(err, fs.ErrNotExist) {
		c.token = rand.Text()
		return c, c.write()
	}
	c.token, _, _ = strings.Cut(string(line), ",")
	return c, err
}

func (c credentials) write() error {
	line := c.token + ",slipway,slipway,system:masters\n"
	if err := os.WriteFile(c.tokens, []byte(line), 0o600); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return keyutil.WriteKey(c.serviceAccountKey, pem)
}
