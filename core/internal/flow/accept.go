package flow

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Accept says which messages a customer_response takes as an answer. The zero value takes every reply. It is stored
// with the wait, so that a message is judged without the flow.
type Accept struct {
	Kinds   []string `json:"kinds,omitempty"`   // kinds of messages; the only way to take a reaction
	Choices []Choice `json:"choices,omitempty"` // the first choice that a message makes is the answer
	Match   string   `json:"match,omitempty"`   // RE2, somewhere in the text
	When    string   `json:"when,omitempty"`    // an expression over the run and the reply, compiled with the flow
}

// Choice is an answer with the words, or button payloads, that mean it.
type Choice struct {
	Name  string   `json:"name"`
	Words []string `json:"words"`
}

// IsAny reports whether every reply is taken.
func (a Accept) IsAny() bool {
	return len(a.Kinds) == 0 && len(a.Choices) == 0 && a.Match == "" && a.When == ""
}

// messageKinds are the kinds of messages that accept may name, as connectors call them.
var messageKinds = []string{"text", "button", "list", "image", "audio", "video", "document", "sticker", "location", "contacts", "order", "flow", "reaction"}

// Limits of accept.
const (
	maxChoices = 20
	maxWords   = 50
	maxRetries = 10
)

// accept compiles which answers count; when is nil unless an expression says so.
func (c *compiler) accept(n *node, path string) (a Accept, when *expr.Program) {
	if n == nil || n.kind == textNode && n.text == "any" {
		return Accept{}, nil
	}
	if n.kind != mapNode || len(n.members) != 1 {
		c.report(n, path, `write any, {kinds: [text]}, {choices: {yes: ["yes", "1"]}} or {match: "^[0-9]+$"}`, "one way to judge an answer is wanted here")
		return Accept{}, nil
	}
	m := n.members[0]
	at := join(path, m.key)
	switch m.key {
	case "kinds":
		a.Kinds = c.texts(m.value, at, "a kind of message, such as text or image")
		for i, kind := range a.Kinds {
			if !slices.Contains(messageKinds, kind) {
				c.report(m.value.items[i], at+"["+strconv.Itoa(i)+"]", expr.DidYouMean(kind, messageKinds), "%q is no kind of message; they are %s", kind, strings.Join(messageKinds, ", "))
			}
		}
	case "choices":
		a.Choices = c.choices(m.value, at)
	case "match":
		if m.value.kind != textNode || m.value.text == "" {
			c.report(m.value, at, `write one, such as "^[0-9]{5}$"`, "a regular expression is wanted here")
			break
		}
		if _, err := regexp.Compile(m.value.text); err != nil {
			c.report(m.value, at, "see github.com/google/re2/wiki/Syntax", "%v", err)
		}
		a.Match = m.value.text
	case "when":
		c.judging = true
		when = c.expression(m.value, at, boolean)
		c.judging = false
		a.When = m.value.text
	default:
		c.report(m.name, at, expr.DidYouMean(m.key, []string{"kinds", "choices", "match", "when"}), "there is no such way to judge an answer")
	}
	return a, when
}

func (c *compiler) choices(n *node, path string) []Choice {
	if n.kind != mapNode || len(n.members) == 0 || len(n.members) > maxChoices {
		c.report(n, path, `write choices: {yes: ["yes", "1"], no: ["no", "2"]}`, "an object with 1 to %d choices is wanted here", maxChoices)
		return nil
	}
	var choices []Choice
	meant := map[string]string{}
	for _, m := range n.members {
		at := join(path, m.key)
		if !idText.MatchString(m.key) {
			c.report(m.name, at, "begin with a lower-case letter; then letters, digits and underscores", "%q can't name a choice", m.key)
		}
		words := c.texts(m.value, at, "a word, or the payload of a button")
		for i, word := range words {
			if other, taken := meant[strings.ToLower(word)]; taken && other != m.key {
				c.report(m.value.items[i], at+"["+strconv.Itoa(i)+"]", "leave it to one of them", "%q means %s already", word, other)
			}
			meant[strings.ToLower(word)] = m.key
		}
		choices = append(choices, Choice{Name: m.key, Words: words})
	}
	return choices
}

// texts reads a list of texts that is not empty.
func (c *compiler) texts(n *node, path, what string) []string {
	if n.kind != listNode || len(n.items) == 0 || len(n.items) > maxWords {
		c.report(n, path, "write a list in [ ]", "a list of 1 to %d is wanted here, each %s", maxWords, what)
		return nil
	}
	var out []string
	for i, item := range n.items {
		if item.kind != textNode && item.kind != numberNode && item.kind != boolNode || strings.TrimSpace(item.text) == "" {
			c.report(item, path+"["+strconv.Itoa(i)+"]", "write it in quotes", "%s is wanted here", what)
			continue
		}
		out = append(out, item.text)
	}
	return out
}

// SayAction is the action by which a connector of conversations sends a plain text: to whom, and text.
const SayAction = "send_text"

// retries compiles how often an answer may be refused before the contact is taken to be unable to give one, and what is
// said in between. asking is the step that asked.
func (c *compiler) retries(n *node, path string, asking *stepNode) (int, *Say) {
	if n == nil {
		return 0, nil
	}
	if n.kind != mapNode {
		c.report(n, path, "write {times: 2}", "an object is wanted here, not %s", n.kind)
		return 0, nil
	}
	for _, m := range n.members {
		if m.key != "times" && m.key != "say" {
			c.report(m.name, join(path, m.key), expr.DidYouMean(m.key, []string{"times", "say"}), "there is no such field")
		}
	}
	say := c.say(n.get("say"), join(path, "say"), asking)
	times := n.get("times")
	if times == nil {
		c.report(n, join(path, "times"), "write {times: 2}", "is missing")
		return 0, say
	}
	number, err := strconv.Atoi(times.text)
	if times.kind != numberNode || err != nil || number < 1 || number > maxRetries {
		c.report(times, join(path, "times"), "", "must be a whole number from 1 to %d", maxRetries)
	}
	return number, say
}

// say compiles a text to whom the question went. Only a connector that has a plain way to send one can.
func (c *compiler) say(n *node, path string, asking *stepNode) *Say {
	if n == nil {
		return nil
	}
	if n.kind != textNode || strings.TrimSpace(n.text) == "" {
		c.report(n, path, `write it in quotes, such as "Please answer 1 or 2."`, "a text is wanted here")
		return nil
	}
	say := &Say{Text: c.template(n, path, words)}
	if asking == nil || !c.actions[asking.id].Sends {
		return say // reported with to
	}
	say.Connector, _, _ = strings.Cut(asking.node.get("do").text, ".")
	manifest, _ := c.types.Manifest(say.Connector)
	action, ok := manifest.Action(SayAction)
	if _, to := c.actions[asking.id].Input.Field("to"); !ok || !to || !plainText(action) {
		c.report(n, path, "leave it out", "%s has no action %s with to and text, by which it could be sent", say.Connector, SayAction)
	}
	return say
}

func plainText(a protocol.Action) bool {
	_, to := a.Input.Field("to")
	_, text := a.Input.Field("text")
	return a.Sends && to && text
}
