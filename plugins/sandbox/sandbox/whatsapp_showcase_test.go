package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatsAppCarouselsAndProducts(t *testing.T) {
	t.Parallel()
	ask := func(content string) string {
		return `{"messaging_product":"whatsapp","to":"34600111222","type":"interactive","interactive":{"body":{"text":"?"},` + content + `}}`
	}
	card := func(index int, header, text string) string {
		return fmt.Sprintf(`{"card_index":%d,"type":"cta_url","header":%s,"body":{"text":%q},"action":{"name":"cta_url","parameters":{"display_text":"x","url":"https://x.example.com"}}}`, index, header, text)
	}
	cards := func(list ...string) string {
		return ask(`"type":"carousel","action":{"cards":[` + strings.Join(list, ",") + `]}`)
	}
	const image, video = `{"type":"image","image":{"id":"1"}}`, `{"type":"video","video":{"id":"1"}}`
	cases := map[string]struct{ body, code string }{
		"a carousel of one card":      {cards(card(0, image, "x")), "131009"},
		"a carousel counted from one": {cards(card(1, image, "x"), card(2, image, "x")), "131009"},
		"a carousel of both kinds":    {cards(card(0, image, "x"), card(1, video, "x")), "131009"},
		"a card of four lines":        {cards(card(0, image, "1\n2\n3\n4"), card(1, image, "x")), "131009"},
		"a card over 160 characters":  {cards(card(0, image, "x"), card(1, image, strings.Repeat("è", 161))), "100"},
		"a carousel with a footer":    {ask(`"type":"carousel","footer":{"text":"x"},"action":{"cards":[` + card(0, image, "x") + `,` + card(1, image, "x") + `]}`), "131009"},
		"a product of no catalogue":   {ask(`"type":"product","action":{"product_retailer_id":"a"}`), "131008"},
		"a product below a header":    {ask(`"type":"product","header":{"type":"text","text":"x"},"action":{"catalog_id":"1","product_retailer_id":"a"}`), "131009"},
		"products without a header":   {ask(`"type":"product_list","action":{"catalog_id":"1","sections":[{"title":"x","product_items":[{"product_retailer_id":"a"}]}]}`), "131009"},
		"a section without a product": {ask(`"type":"product_list","header":{"type":"text","text":"x"},"action":{"catalog_id":"1","sections":[{"title":"x"}]}`), "131009"},
		"a carousel as it should be":  {cards(card(0, image, "x"), card(1, image, "1\n2\n3")), "<nil>"},
		"the whole catalogue":         {ask(`"type":"catalog_message","action":{"name":"catalog_message"}`), "<nil>"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{})
			_, answer, _ := r.call("POST", messagesPath, c.body, "Authorization", "Bearer demo-whatsapp-token")
			if got := fmt.Sprint(at(answer, "error", "code")); got != c.code {
				t.Errorf("answer is %v, want code %s", answer, c.code)
			}
		})
	}
}
