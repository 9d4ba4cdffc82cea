package author

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const reference = checkout + "/core/docs/connector-protocol.md"

// TestTheReferenceSaysWhatTheContractSays keeps the page in step with connector.proto, whose comments it is made of.
func TestTheReferenceSaysWhatTheContractSays(t *testing.T) {
	contract, err := os.ReadFile(checkout + "/sdk/wire/connectorv1/connector.proto")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(page), marker)
	if !found {
		t.Fatalf("the page has lost its line %q", marker)
	}
	want := before + marker + "\n" + describeContract(string(contract))
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(page) {
		t.Error("core/docs/connector-protocol.md is out of date; run go test ./core/internal/author -run Reference -update")
	}
}

// marker stands above what is made.
const marker = "<!-- What follows is made from connector.proto. -->"

var (
	opens  = regexp.MustCompile(`^(service|message|enum|oneof) (\w+) \{(\}?)$`)
	method = regexp.MustCompile(`^rpc (\w+)\((.*)\) returns \((.*)\);$`)
	field  = regexp.MustCompile(`^(?:(optional|repeated) )?(map<[^>]+>|[\w.]+) (\w+) = (\d+);$`)
	value  = regexp.MustCompile(`^(\w+) = (\d+);$`)
)

// describeContract makes Markdown of a .proto file in which every line of its own is a comment, a beginning, an end or one
// declaration.
func describeContract(proto string) string {
	var out strings.Builder
	var comment []string
	var choice string
	said := func() string {
		text := strings.ReplaceAll(strings.Join(comment, " "), "|", "\\|")
		comment = nil
		return text
	}
	row := func(cells ...string) { fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | ")) }
	for line := range strings.SplitSeq(proto, "\n") {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "//"); ok {
			comment = append(comment, strings.TrimSpace(text))
			continue
		}
		if m := opens.FindStringSubmatch(line); m != nil && m[1] == "oneof" {
			choice = "one of " + m[2] + ": "
			said()
		} else if m != nil {
			fmt.Fprintf(&out, "\n## %s\n\n%s\n", m[2], said())
			if head := map[string]string{"service": "| call | takes | gives | |", "message": "| | field | type | |", "enum": "| | value | |"}[m[1]]; m[3] == "" {
				fmt.Fprintf(&out, "\n%s\n|%s\n", head, strings.Repeat("---|", strings.Count(head, "|")-1))
			}
		} else if m := method.FindStringSubmatch(line); m != nil {
			row("`"+m[1]+"`", "`"+m[2]+"`", "`"+m[3]+"`", said())
		} else if m := field.FindStringSubmatch(line); m != nil {
			row(m[4], "`"+m[3]+"`", "`"+strings.TrimSpace(m[1]+" "+m[2])+"`", choice+said())
		} else if m := value.FindStringSubmatch(line); m != nil {
			row(m[2], "`"+m[1]+"`", said())
		} else if line == "}" {
			choice = ""
		} else {
			comment = nil
		}
	}
	return out.String()
}
