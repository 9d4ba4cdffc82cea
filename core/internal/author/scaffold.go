// Package author holds the tools for those who write connectors: New lays out a first connector, Open starts one as
// the gateway does, Check examines it, whatever language it is written in, and Docs writes its page.
package author

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk"
)

// SDKModule is the module that a connector in Go requires.
const SDKModule = "github.com/cordboard/cordboard"

// goVersion is the oldest Go that the SDK builds with.
const goVersion = "1.26.0"

//go:embed scaffold
var scaffold embed.FS

// releaseForm is a version that can be required. What is built from a checkout calls itself something else.
var releaseForm = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// Layout says what New writes.
type Layout struct {
	Name     string // of the connector, such as "acme_desk"
	Dir      string // a folder that is new or empty; empty: one named like the connector
	Module   string // path of the Go module; empty: the name
	Checkout string // a checkout of Cordboard to build against; empty: the module of the version Version
	Version  string // of this gateway, which is that of its module
}

// InputError is a mistake in what an author asks for.
type InputError struct{ text string }

func (e *InputError) Error() string { return e.text }

func inputf(format string, args ...any) error { return &InputError{fmt.Sprintf(format, args...)} }

// New writes a connector that builds and passes its tests, and returns its folder. Nothing is overwritten. Mistakes
// are an *InputError.
func New(l Layout) (dir string, err error) {
	if !catalog.ValidName(l.Name) {
		return "", inputf("name %q: use lower-case letters, digits and underscores, beginning with a letter, such as acme_desk", l.Name)
	}
	values, err := l.values()
	if err != nil {
		return "", err
	}
	dir = l.Dir
	if dir == "" {
		dir = l.Name
	}
	entries, err := os.ReadDir(dir)
	if len(entries) > 0 {
		return "", inputf("folder %s is not empty; name a new one with --dir", dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", inputf("folder %s cannot be used: %v", dir, err)
	}
	err = fs.WalkDir(scaffold, "scaffold", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return write(filepath.Join(dir, target(path)), path, values)
	})
	if err != nil || l.Checkout == "" {
		return dir, err
	}
	sums, err := os.ReadFile(filepath.Join(l.Checkout, "go.sum")) // so that tidy finds what the checkout was verified with
	if err != nil {
		return dir, err
	}
	return dir, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644)
}

// values are what the templates are filled in with.
func (l Layout) values() (map[string]string, error) {
	values := map[string]string{
		"Name": l.Name, "Title": title(l.Name), "Module": l.Module, "SDK": SDKModule, "Go": goVersion, "SDKVersion": sdk.Version,
		"Version": "v" + l.Version, "Checkout": "",
	}
	if l.Module == "" {
		values["Module"] = l.Name
	}
	if strings.ContainsAny(l.Module, " \t\n\"'`") {
		return nil, inputf("module %q: use a module path, such as example.com/acme_desk", l.Module)
	}
	if l.Checkout != "" {
		checkout, err := filepath.Abs(l.Checkout)
		if err != nil {
			return nil, err
		}
		mod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
		if err != nil || !strings.HasPrefix(string(mod), "module "+SDKModule+"\n") {
			return nil, inputf("sdk: %s is not a checkout of %s; name the folder that holds its go.mod", checkout, SDKModule)
		}
		values["Checkout"], values["Version"] = quote(checkout), "v0.0.0"
	} else if !releaseForm.MatchString(l.Version) {
		return nil, inputf("sdk: this gateway (%s) is not a release, so there is no module of its version; name a checkout of %s with --sdk", l.Version, SDKModule)
	}
	return values, nil
}

// quote writes a path as go.mod wants it.
func quote(path string) string {
	if strings.ContainsAny(path, " \t\"'`,()[]") {
		return "`" + path + "`"
	}
	return path
}

// title makes "Acme Desk" of "acme_desk".
func title(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' })
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, " ")
}

// target is where a template's file goes.
func target(path string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(path, "scaffold/"), ".tmpl")
	if name == "gitignore" {
		return ".gitignore"
	}
	return filepath.FromSlash(name)
}

func write(file, path string, values map[string]string) error {
	text, err := scaffold.ReadFile(path)
	if err != nil {
		return err
	}
	parsed, err := template.New(path).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return err
	}
	var out strings.Builder
	if err := parsed.Execute(&out, values); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(out.String()), 0o644)
}
