package clearing

import "testing"

func TestClearsThePublishedExamples(t *testing.T) {
	cases := []struct{ name, problem, want string }{
		{
			"the losing-units rule in reverse: demand 5, three schedules",
			`{"side":"reverse","quantity":5,"reserve_price":40,"payment_rule":"vcg","bids":[` +
				`{"bidder":"a","kind":"schedule","steps":[[1,10],[1,20],[1,30]]},` +
				`{"bidder":"b","kind":"schedule","steps":[[1,15],[1,25],[1,35]]},` +
				`{"bidder":"c","kind":"schedule","steps":[[1,12],[1,40]]}]}`,
			`{"status":"cleared","welfare":"-82","allocation":{"a":"2","b":"2","c":"1"},` +
				`"payment":{"a":"75","b":"70","c":"30"},"clearing_price":null,"surplus":"0"}`,
		},
		{
			"second price: MECH's VCGTest",
			`{"side":"forward","quantity":1,"payment_rule":"second_price","bids":[` +
				`{"bidder":"a","kind":"schedule","steps":[[1,10]]},{"bidder":"b","kind":"schedule","steps":[[1,20]]},` +
				`{"bidder":"c","kind":"schedule","steps":[[1,30]]}]}`,
			`{"status":"cleared","welfare":"30","allocation":{"a":"0","b":"0","c":"1"},` +
				`"payment":{"a":"0","b":"0","c":"20"},"clearing_price":"20","surplus":"0"}`,
		},
		{
			"two equal bidders: any split pays 20 in all",
			`{"side":"forward","quantity":2,"payment_rule":"vcg","bids":[` +
				`{"bidder":"a","kind":"schedule","steps":[[1,10],[1,10]]},{"bidder":"b","kind":"schedule","steps":[[2,10]]}]}`,
			`{"status":"cleared","welfare":"20","allocation":{"a":"2","b":"0"},` +
				`"payment":{"a":"20","b":"0"},"clearing_price":null,"surplus":"0"}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := ClearJSON([]byte(c.problem))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
