package conversation

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/cordboard/cordboard/core/internal/flow"
)

// Judge says whether a wait takes a message's content as an answer, and which of its choices the message makes; why
// says why not, for a person.
func Judge(a flow.Accept, m Message) (choice, why string) {
	switch {
	case len(a.Kinds) > 0 && !slices.Contains(a.Kinds, m.Kind):
		return "", "It is no " + strings.Join(a.Kinds, " or ") + "."
	case len(a.Choices) > 0:
		said, payload := plain(m.Text), plain(m.Payload)
		for _, c := range a.Choices {
			if slices.ContainsFunc(c.Words, func(w string) bool { return plain(w) == said || m.Payload != "" && plain(w) == payload }) {
				return c.Name, ""
			}
		}
		return "", "It makes none of the choices."
	case a.Match != "":
		// It was compiled when the flow was checked; one that can't be any more takes nothing.
		pattern, err := regexp.Compile(a.Match)
		if err != nil || !pattern.MatchString(m.Text) {
			return "", "It does not match " + a.Match + "."
		}
	}
	return "", ""
}

// plain makes texts comparable as people mean them: without case, accents, and marks around them.
func plain(s string) string {
	fold := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	if folded, _, err := transform.String(fold, s); err == nil {
		s = folded
	}
	return strings.ToLower(strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }))
}
