/** Fields of EC2's answers. */
import { UnreadAnswer } from "./errors.ts";

/** EC2's schema has every field optional. A missing field that counts is never taken for nothing. */
export function given<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw UnreadAnswer.document(`the answer lacks ${what}`);
	return value;
}

export function seconds(time: Date | undefined, what: string): number {
	const milliseconds = given(time, what).getTime();
	if (Number.isNaN(milliseconds)) throw UnreadAnswer.document(`the answer has no time for ${what}`);
	return Math.floor(milliseconds / 1000);
}

export function positive(text: string | undefined, what: string): number {
	const number = Number(given(text, what));
	if (Number.isFinite(number) && number > 0) return number;
	throw UnreadAnswer.document(`the answer has ${JSON.stringify(text)} for ${what}`);
}
