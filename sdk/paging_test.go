package sdk_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/cordboard/cordboard/sdk"
)

func ExampleNextNumber() {
	page := sdk.Cursor("") // the first one
	fmt.Println(page.Number(1))
	next := sdk.NextNumber([]string{"a", "b"}, page, 1, 2)
	fmt.Println(next.Next.Number(1), next.More)
	fmt.Println(sdk.NextNumber([]string{"c"}, next.Next, 1, 2).More)
	// Output:
	// 1
	// 2 true
	// false
}

func ExampleNextOffset() {
	next := sdk.NextOffset([]string{"a", "b"}, "", 2)
	fmt.Println(next.Next, next.More)
	// Output: 2 true
}

func ExampleNextLink() {
	resp := &sdk.Response{Header: http.Header{"Link": {`<https://desk.example.com/tickets?cursor=a%2Cb>; rel="next"`}}}
	fmt.Println(sdk.NextLink([]string{"a"}, resp).Next)
	// Output: https://desk.example.com/tickets?cursor=a%2Cb
}

func TestLinksToTheNextPage(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]sdk.Cursor{
		"": "", `<https://a.example/?p=1>; rel="prev"`: "", `<https://a.example/?p=1>; rel=prev, <https://a.example/?p=3>; title="x"; REL=next`: "https://a.example/?p=3",
		`https://a.example; rel="next"`: "", `<https://a.example; rel="next"`: "", `;rel="next"`: "", `<>; rel="nextish"`: "",
	} {
		got := sdk.NextLink([]int{1}, &sdk.Response{Header: http.Header{"Link": {link}}})
		if got.Next != want || got.More != (want != "") || len(got.Items) != 1 {
			t.Errorf("%s: got %+v, want %q", link, got, want)
		}
	}
	if got := sdk.NextNumber([]int{}, "7", 1, 0); got.More || got.Next != "" {
		t.Errorf("an empty page goes on with %+v", got)
	}
}
