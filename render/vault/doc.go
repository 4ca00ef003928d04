// Package vault reads what Ansible Vault encrypted: whole files of values, and values
// in them that are tagged !vault. It knows the formats 1.1 and 1.2 with AES256.
//
// [Decrypter] is for render.Options.Decrypt. Nothing is written anywhere: the plain text
// stays in memory. No error has any of it, nor of a password.
//
// As in Ansible, a password may have an ID, the label of --vault-id. Where the file names
// one, the passwords of that ID are tried first, then the others.
//
// A value that was encrypted is data: no template in it is rendered. In a file that was
// encrypted as a whole, values may be templates, and errors have the lines that
// ansible-vault view shows.
package vault
