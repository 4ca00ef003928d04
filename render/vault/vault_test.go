package vault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/render"
	"github.com/slipway-go/slipway/render/vault"
)

// What ansible-vault made, with the passwords horse, horse and battery.
const (
	file11 = `$ANSIBLE_VAULT;1.1;AES256
33303331333233333334333533363337333833393631363236333634363536363330333133323333
3334333533363337333833393631363236333634363536360a396238386231613432656666636635
32656261343664336662356663373735663030663630633838343131316539333463336635316237
3738613439666430330a346139313938353162373063396639363035333331626239386633343933
66396639313562633430613131626438643263613433383733376530306431306365653332333237
3631346332326666313236613963346638333362363534393833
`
	prod12 = `$ANSIBLE_VAULT;1.2;AES256;prod
33303331333233333334333533363337333833393631363236333634363536363330333133323333
3334333533363337333833393631363236333634363536360a373431656465373065613665383337
64363861383461623830653262613936623162633830303736393834343234373232633063336239
3735333732363661610a346539663830323861353064653766623336316133306333623535656538
3935
`
	dev12 = `$ANSIBLE_VAULT;1.2;AES256;dev
33303331333233333334333533363337333833393631363236333634363536363330333133323333
3334333533363337333833393631363236333634363536360a646166356362373964313165386238
35663163643862366636323832636334636536636661386465386434663438633662396236346531
3862303736303335370a326535643133373236616130366237633337303035366135376166643164
38383835313838623866663137383466333034376530366464393262393231313637
`
)

// file returns vars.yml.
func file(text string) layouts.File {
	return layouts.File{Path: "shop/common/vars.yml", Data: []byte(text)}
}

// inline returns an encrypted value of a map.
func inline(text string) string {
	return "!vault |\n    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}

var (
	horse   = vault.Password{Text: "horse"}
	prod    = vault.Password{ID: "prod", Text: "horse"}
	battery = vault.Password{ID: "dev", Text: "battery"}
	wrong   = vault.Password{Text: "correct"}
)

func TestDecrypter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		text      string
		passwords []vault.Password
		want      string
	}{
		{"nothing is encrypted", "a: 1 # !vault\n", nil, "a: 1 # !vault\n"},
		{"a file", file11, []vault.Password{horse}, "password: \"s3cret: {{ x }}\"\nother: 1\n"},
		{"a file with an ID", dev12, []vault.Password{battery}, "dev value {{ y }}"},
		{"the ID does not matter", dev12, []vault.Password{wrong, {Text: "battery"}}, "dev value {{ y }}"},
		{
			"values", "a: 1\nb: " + inline(prod12) + "c: [x]\nd:\n  e: " + inline(dev12) + "f: 2\n",
			[]vault.Password{battery, prod},
			"a: 1\nb: !unsafe \"tok\\nen\\n\"" + strings.Repeat("\n", 7) + "c: [x]\nd:\n  e: " +
				"!unsafe \"dev value {{ y }}\"" + strings.Repeat("\n", 7) + "f: 2\n",
		},
		{
			"at the end, without a newline", "b: " + strings.TrimSpace(inline(dev12)),
			[]vault.Password{battery}, "b: !unsafe \"dev value {{ y }}\"" + strings.Repeat("\n", 6),
		},
		{
			"a text that looks like one", "a: |\n  b: " + inline(prod12), []vault.Password{horse},
			"a: |\n  b: " + inline(prod12),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := vault.Decrypter(tt.passwords...)(file(tt.text))
			if err != nil {
				t.Fatalf("Decrypter(%v) error = %v", tt.passwords, err)
			}
			if diff := cmp.Diff(tt.want, string(got.Data)); diff != "" {
				t.Errorf("Decrypter(%v) mismatch (-want +got):\n%s", tt.passwords, diff)
			}
		})
	}
}

func TestDecrypterRefuses(t *testing.T) {
	t.Parallel()
	cut := file11[:len(file11)-4] + "\n"
	tests := []struct {
		name, text string
		passwords  []vault.Password
		want       string
	}{
		{"no password", file11, nil, "shop/common/vars.yml:1: it is encrypted with Ansible Vault: pass its " +
			"password (slipway: --vault-password-file)"},
		{"no password for a value", "a: 1\nb: " + inline(prod12), nil, "shop/common/vars.yml:2: it is " +
			"encrypted with Ansible Vault: pass its password (slipway: --vault-password-file)"},
		{"a wrong password", file11, []vault.Password{wrong}, "shop/common/vars.yml:1: the vault password " +
			"is wrong"},
		{"wrong passwords for a value", "a: 1\nb: " + inline(dev12), []vault.Password{wrong, horse},
			"shop/common/vars.yml:2: none of the 2 vault passwords fits: it was encrypted with the one of " +
				`vault ID "dev"`},
		{"cut off", cut, []vault.Password{horse}, "shop/common/vars.yml:1: it is cut off, or was changed " +
			"after Ansible Vault encrypted it"},
		{"an old format", "$ANSIBLE_VAULT;1.0;AES\n00\n", []vault.Password{horse}, "shop/common/vars.yml:1: " +
			"its format of Ansible Vault is neither 1.1 nor 1.2: encrypt it anew"},
		{"another cipher", "$ANSIBLE_VAULT;1.1;ROT13\n00\n", []vault.Password{horse}, "shop/common/" +
			"vars.yml:1: it is not encrypted with AES256: encrypt it anew"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := vault.Decrypter(tt.passwords...)(file(tt.text))
			var at *render.Error
			if !errors.As(err, &at) || err.Error() != tt.want {
				t.Errorf("Decrypter(%v) error = %v, want %s", tt.passwords, err, tt.want)
			}
		})
	}
}

// Values of both dialects are decrypted, are data, and are never told.
func TestValues(t *testing.T) {
	t.Parallel()
	app := &layouts.App{Name: "shop", Common: layouts.Directory{Name: "common", Vars: &layouts.File{
		Path: "shop/common/vars.yml", Data: []byte("token: " + inline(dev12) + "app_name: other\n"),
	}}, Services: []layouts.Directory{{Name: "home"}}}
	opts := render.Options{Decrypt: vault.Decrypter(battery)}
	_, err := render.Values(app, "home", opts)
	if err == nil || strings.Contains(err.Error(), "dev value") || !strings.Contains(err.Error(), "vars.yml:8") {
		t.Errorf("Values(home) error = %v, want one in line 8 without the value", err)
	}
	app.Common.Vars.Data = []byte("token: " + inline(dev12))
	values, err := render.Values(app, "home", opts)
	if err != nil || values["token"] != "dev value {{ y }}" {
		t.Errorf("Values(home) = %v, %v, want the plain token", values, err)
	}
	if _, err := render.Values(app, "home", render.Options{}); err == nil ||
		!strings.Contains(err.Error(), "--vault-password-file") {
		t.Errorf("Values(home) error = %v, want one with the flag", err)
	}
}

func TestPasswordIsHidden(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprintf("%v %+v %#v %s", battery, battery, battery, &battery); strings.Contains(got, "battery") {
		t.Errorf("a password is printed as %s", got)
	}
}

func ExampleDecrypter() {
	decrypt := vault.Decrypter(vault.Password{ID: "dev", Text: "battery"})
	plain, err := decrypt(layouts.File{Path: "vars.yml", Data: []byte(dev12)})
	fmt.Println(string(plain.Data), err)
	// Output: dev value {{ y }} <nil>
}

// FuzzDecrypter reads anything: no panic, and a file comes back as it is, with an error, or
// with as many lines.
func FuzzDecrypter(f *testing.F) {
	f.Add(file11)
	f.Add("a: " + inline(dev12) + "b: " + inline(prod12))
	f.Add("$ANSIBLE_VAULT;1.1;AES256\n0a0a\n")
	decrypt := vault.Decrypter(battery, prod)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := decrypt(file(text))
		if err != nil || strings.HasPrefix(strings.TrimSpace(text), "$ANSIBLE_VAULT;") {
			return
		}
		if want := strings.Count(text, "\n"); strings.Count(string(got.Data), "\n") != want {
			t.Errorf("Decrypter(%q) = %q, want %d lines", text, got.Data, want)
		}
	})
}
