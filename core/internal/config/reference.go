package config

import (
	"fmt"
	"strings"
)

// Reference returns the page that documents every setting, as Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("<!-- Generated from core/internal/config by `go test ./core/internal/config -update`. -->\n\n# Settings\n\n")
	b.WriteString("A flag is stronger than the environment, the environment is stronger than the file. The file is `cordboard.yaml`\n")
	b.WriteString("in the working directory, or what `--config` names, with one `key: value` a line.\n\n")
	b.WriteString("| environment | flag | key in the file | default | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range Table() {
		flag := "–"
		if s.Flag != "" {
			flag = "`--" + s.Flag + "`"
		}
		fallback := "–"
		if s.Default != "" {
			fallback = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s |\n", s.Env, flag, s.Key, fallback, s.Help)
	}
	return b.String()
}
