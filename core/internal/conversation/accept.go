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
			if slices.ContainsFunc(c.Words, func(w string) bool {
				word := plain(w)
				return word != "" && (word == said || word == payload) // what says nothing makes no choice
			}) {
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

// plain makes texts comparable as people mean them: without case, accents, what can't be seen, more than one space in a
// row, and marks around them. A text of nothing but marks keeps them.
func plain(s string) string {
	unseen := runes.Predicate(func(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Cf) })
	fold := transform.Chain(norm.NFKD, runes.Remove(unseen), norm.NFC)
	if folded, _, err := transform.String(fold, s); err == nil {
		s = folded
	}
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	if bare := strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }); bare != "" {
		return bare
	}
	return s
}
