// Reads requests as JSON on stdin and prints, for each, what each of the official libraries says of it: "" or why not.
// It is run in the folder of the console, whose node_modules hold them.
import { readFileSync } from "node:fs";
import * as standard from "standardwebhooks";
import * as svix from "svix";

const libraries = { standardwebhooks: standard.Webhook, svix: svix.Webhook };
const verdicts = JSON.parse(readFileSync(0, "utf8")).map(({ secret, headers, body }) =>
	Object.fromEntries(
		Object.entries(libraries).map(([name, Webhook]) => {
			try {
				new Webhook(secret).verify(body, headers);
				return [name, ""];
			} catch (error) {
				return [name, error.message];
			}
		}),
	),
);
console.log(JSON.stringify(verdicts));
