package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Setting is one row of the table that Settings declares.
type Setting struct {
	Key     string // in the file: hooks_addr
	Env     string
	Flag    string // without dashes; empty: there is none
	Default string
	Help    string
	Secret  bool
	Check   string
	index   int
}

// Table returns the settings in the order of their declaration.
func Table() []Setting {
	t := reflect.TypeFor[Settings]()
	table := make([]Setting, t.NumField())
	for i := range table {
		f := t.Field(i)
		key := strings.ToLower(strings.TrimPrefix(f.Tag.Get("env"), "CORDBOARD_"))
		secret := f.Type == reflect.TypeFor[Secret]()
		flag := f.Tag.Get("flag")
		if flag == "" && !secret {
			flag = strings.ReplaceAll(key, "_", "-")
		}
		table[i] = Setting{
			Key: key, Env: f.Tag.Get("env"), Flag: flag, Default: f.Tag.Get("default"), Help: f.Tag.Get("help"),
			Secret: secret, Check: f.Tag.Get("check"), index: i,
		}
	}
	return table
}

// set checks a text and stores it typed.
func (s Setting) set(to *Settings, text string) error {
	if err := check(s.Check, text); err != nil {
		return err
	}
	switch field := reflect.ValueOf(to).Elem().Field(s.index); field.Interface().(type) {
	case string, Secret:
		field.SetString(text)
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("is not a whole number")
		}
		field.SetInt(int64(n))
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf(`is not a duration such as "30s" or "2m"`)
		}
		field.SetInt(int64(d))
	case []string:
		field.Set(reflect.ValueOf(list(text)))
	}
	return nil
}

// list splits at commas and drops what is empty.
func list(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
