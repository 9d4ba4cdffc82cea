package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the reference page")

func env(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStrength(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		flags, env map[string]string
		file       string
		want       func(Settings) any
		is         any
	}{
		"nothing gives the default":             {want: func(s Settings) any { return s.Addr }, is: "127.0.0.1:8080"},
		"the file is stronger than the default": {file: "addr: 127.0.0.1:1", want: func(s Settings) any { return s.Addr }, is: "127.0.0.1:1"},
		"the environment is stronger than a file": {
			file: "addr: 127.0.0.1:1", env: map[string]string{"CORDBOARD_ADDR": "127.0.0.1:2"},
			want: func(s Settings) any { return s.Addr }, is: "127.0.0.1:2",
		},
		"a flag is the strongest": {
			file: "addr: 127.0.0.1:1", env: map[string]string{"CORDBOARD_ADDR": "127.0.0.1:2"}, flags: map[string]string{"addr": "127.0.0.1:3"},
			want: func(s Settings) any { return s.Addr }, is: "127.0.0.1:3",
		},
		"an empty variable counts as not set": {
			file: "addr: 127.0.0.1:1", env: map[string]string{"CORDBOARD_ADDR": ""}, want: func(s Settings) any { return s.Addr }, is: "127.0.0.1:1",
		},
		"a bad value that is overridden does no harm": {
			env: map[string]string{"CORDBOARD_WORKERS": "many"}, flags: map[string]string{"workers": "4"}, want: func(s Settings) any { return s.Workers }, is: 4,
		},
		"durations are typed": {env: map[string]string{"CORDBOARD_SETTLE": "500ms"}, want: func(s Settings) any { return s.Settle }, is: 500 * time.Millisecond},
		"a list from the environment": {
			env: map[string]string{"CORDBOARD_EGRESS_ALLOW": "127.0.0.1/32, 10.0.0.0/8"}, want: func(s Settings) any { return s.EgressAllow }, is: []string{"127.0.0.1/32", "10.0.0.0/8"},
		},
		"a list from the file": {
			file: "egress_allow: [127.0.0.1/32]\nworkers: 7", want: func(s Settings) any { return s.EgressAllow }, is: []string{"127.0.0.1/32"},
		},
		"a secret has no flag": {
			flags: map[string]string{"": "x", "secret-key": "x"}, want: func(s Settings) any { return s.SecretKey.Reveal() }, is: "",
		},
		"the hooks URL falls back to the address": {
			env: map[string]string{"CORDBOARD_HOOKS_ADDR": ":9000"}, want: func(s Settings) any { return s.HooksURL() }, is: "http://127.0.0.1:9000",
		},
		"a declared URL loses the slash at its end": {
			env: map[string]string{"CORDBOARD_PUBLIC_URL": "https://c.example.com/"}, want: func(s Settings) any { return s.ConsoleURL() }, is: "https://c.example.com",
		},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Load(Sources{Flags: tt.flags, Env: env(tt.env), File: write(t, tt.file)})
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.want(s); !reflect.DeepEqual(got, tt.is) {
				t.Errorf("got %v, want %v", got, tt.is)
			}
		})
	}
}

func TestBadValues(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		env  map[string]string
		file string
		want string
	}{
		"an address without a port": {env: map[string]string{"CORDBOARD_ADDR": "localhost"}, want: `CORDBOARD_ADDR: "localhost" must be a host and a port, such as 127.0.0.1:8080`},
		"a URL with a query":        {env: map[string]string{"CORDBOARD_PUBLIC_URL": "https://a/?b"}, want: `CORDBOARD_PUBLIC_URL: "https://a/?b" must be a URL without query, such as https://cordboard.example.com`},
		"another database":          {env: map[string]string{"CORDBOARD_DATABASE_URL": "mysql://u:hunter2@h/d"}, want: `CORDBOARD_DATABASE_URL: "••••••" must be postgres://user:password@host:5432/name or sqlite:PATH`},
		"another queue":             {env: map[string]string{"CORDBOARD_REDIS_URL": "amqp://u:hunter2@h"}, want: `CORDBOARD_REDIS_URL: "••••••" must be redis://host:6379 or rediss://user:password@host:6379/0`},
		"a word that is not one":    {env: map[string]string{"CORDBOARD_LOG_FORMAT": "xml"}, want: `CORDBOARD_LOG_FORMAT: "xml" must be one of: text, json`},
		"a span out of range":       {env: map[string]string{"CORDBOARD_SETTLE": "2h"}, want: `CORDBOARD_SETTLE: "2h" must be a duration from 0s to 1m`},
		"no workers":                {env: map[string]string{"CORDBOARD_WORKERS": "0"}, want: `CORDBOARD_WORKERS: "0" must be a whole number from 1 to 10000`},
		"an address for a prefix":   {env: map[string]string{"CORDBOARD_EGRESS_ALLOW": "10.0.0.1"}, want: `CORDBOARD_EGRESS_ALLOW: "10.0.0.1" must be CIDR prefixes with commas between them, such as 10.20.0.0/16,127.0.0.1/32`},
		"a misspelt key":            {file: "secret_kye: hunter2", want: `there is no such setting`},
		"a file that is a list":     {file: "- addr", want: `is not YAML with one setting a line`},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(Sources{Env: env(tt.env), File: write(t, tt.file)})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error = %v, want %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error shows the secret: %v", err)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(Sources{Env: env(map[string]string{"CORDBOARD_ADDR": "a", "CORDBOARD_LOG_LEVEL": "b"}), File: write(t, "")})
	var one *Error
	if !errors.As(err, &one) || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("error = %v, want two problems", err)
	}
}

func TestAFileThatWasAskedForMustBeThere(t *testing.T) {
	t.Parallel()
	if _, err := Load(Sources{File: filepath.Join(t.TempDir(), "none.yaml")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error = %v, want not exist", err)
	}
}

func TestSecretsPrintAsDots(t *testing.T) {
	t.Parallel()
	s, err := Load(Sources{Env: env(map[string]string{"CORDBOARD_SECRET_KEY": "hunter2"}), File: write(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, s); strings.Contains(got, "hunter2") || strings.Contains(got, "68756e74657232") {
			t.Errorf("%s shows the secret: %s", verb, got)
		}
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	const page = "../../docs/settings.md"
	if *update {
		if err := os.WriteFile(page, []byte(Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != Reference() {
		t.Errorf("%s is not what Settings declares; run: go test ./core/internal/config -update", page)
	}
}
