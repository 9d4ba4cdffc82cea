package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// DefaultFile is read when it is there; a file that was asked for must be there.
const DefaultFile = "cordboard.yaml"

// Sources is where settings are looked for, in the order of their strength.
type Sources struct {
	Flags map[string]string                     // by flag, only those given
	Env   func(string) (value string, set bool) // os.LookupEnv; nil: no environment
	File  string                                // path that was asked for; empty: DefaultFile if it is there
}

// Error is one value that can't be used. Secret values are not in it.
type Error struct {
	Setting string // as it was written: --addr, CORDBOARD_ADDR or addr in cordboard.yaml
	Value   string
	Problem string // what it must be
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %q %s", e.Setting, e.Value, e.Problem) }

// Load reads all settings. The error joins an *Error for each bad value, so that all are mended at once.
func Load(from Sources) (Settings, error) {
	file, name, err := readFile(from.File)
	if err != nil {
		return Settings{}, err
	}
	var s Settings
	var problems []error
	for _, setting := range Table() {
		text, where := setting.find(from, file, name)
		if err := setting.set(&s, text); err != nil {
			value := text
			if setting.Secret {
				value = dots
			}
			problems = append(problems, &Error{Setting: where, Value: value, Problem: err.Error()})
		}
		delete(file, setting.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(file)) { // without the value: it may be a secret under a misspelt name
		problems = append(problems, fmt.Errorf("%s in %s: there is no such setting; see cordboard serve --help", key, name))
	}
	return s, errors.Join(problems...)
}

// find returns the strongest value with the name of the place it stands in. An empty environment variable counts as
// not set, as compose files leave them.
func (s Setting) find(from Sources, file map[string]string, name string) (text, where string) {
	if text, ok := from.Flags[s.Flag]; ok && s.Flag != "" {
		return text, "--" + s.Flag
	}
	if from.Env != nil {
		if text, _ := from.Env(s.Env); text != "" {
			return text, s.Env
		}
	}
	if text, ok := file[s.Key]; ok {
		return text, s.Key + " in " + name
	}
	return s.Default, s.Env
}

// readFile returns a settings file as texts by key.
func readFile(path string) (values map[string]string, name string, err error) {
	name = path
	if path == "" {
		name = DefaultFile
	}
	raw, err := os.ReadFile(name)
	if path == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, name, nil
	}
	if err != nil {
		return nil, name, fmt.Errorf("settings file: %w", err)
	}
	var content map[string]any
	if err := yaml.Unmarshal(raw, &content); err != nil {
		return nil, name, fmt.Errorf("%s: is not YAML with one setting a line, as in addr: 127.0.0.1:8080", name)
	}
	values = make(map[string]string, len(content))
	for key, value := range content {
		values[key] = text(value)
	}
	return values, name, nil
}

// text writes a YAML value as it would stand in the environment.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			parts[i] = text(part)
		}
		return strings.Join(parts, ",")
	default:
		return fmt.Sprint(v)
	}
}

// publicURL falls back to the listener's own address; one that listens everywhere is reached on this machine.
func publicURL(declared, addr string) string {
	if declared != "" {
		return strings.TrimRight(declared, "/")
	}
	host, port, _ := net.SplitHostPort(addr) // checked by Load
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
