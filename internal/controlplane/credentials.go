package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"os"
	"path/filepath"

	"k8s.io/client-go/util/keyutil"
)

// credentials are the secrets of one control plane, made anew for each.
type credentials struct {
	token             string // bearer token of a member of system:masters
	tokens            string // file: the same, as the API server reads it
	serviceAccountKey string // file: signs and verifies service account tokens
}

// newCredentials makes credentials and writes their files into dir.
func newCredentials(dir string) (credentials, error) {
	c := credentials{
		token:             rand.Text(),
		tokens:            filepath.Join(dir, "tokens.csv"),
		serviceAccountKey: filepath.Join(dir, "service-account.key"),
	}
	line := c.token + ",slipway,slipway,system:masters\n"
	if err := os.WriteFile(c.tokens, []byte(line), 0o600); err != nil {
		return c, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, err
	}
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return c, err
	}
	return c, keyutil.WriteKey(c.serviceAccountKey, pem)
}
