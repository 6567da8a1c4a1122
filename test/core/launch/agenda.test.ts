import { describe, expect, it } from "vitest";
import { Agenda } from "../../../src/core/launch/agenda.ts";

/** An agenda of pools with these keys, after the first round, in which every pool is visited. */
function agendaOf(...keys: readonly (readonly string[])[]): Agenda {
	const agenda = new Agenda();
	for (const [pool, own] of keys.entries()) agenda.register(pool, new Set(own));
	expect([...agenda.round([], () => true)]).toEqual([...keys.keys()]);
	return agenda;
}

describe("a round", () => {
	it("visits only the pools that were added, in order and once", () => {
		const agenda = agendaOf(["a"], ["b"], ["a"], []);
		agenda.add(2);
		agenda.add(1);
		agenda.add(2);
		expect([...agenda.round([], () => true)]).toEqual([1, 2]);
		expect(agenda.isEmpty).toBe(true);
	});

	it("visits the pools of a group", () => {
		const agenda = agendaOf(["a"], ["b"], ["a"]);
		agenda.addGroup("a");
		expect([...agenda.round([], () => true)]).toEqual([0, 2]);
	});

	it("visits pools that wait for a cap in order, as long as the cap has room", () => {
		const agenda = agendaOf(["a"], ["a"], ["a"], ["a"]);
		for (const pool of [3, 1, 2]) agenda.wait(pool, "a");
		let room = 2;
		const visited: number[] = [];
		for (const pool of agenda.round(["a"], () => room > 0)) {
			visited.push(pool);
			room -= 1;
		}
		expect(visited).toEqual([1, 2]);
		expect([...agenda.round(["b"], () => true)]).toEqual([]);
		expect([...agenda.round(["a"], () => true)]).toEqual([3]);
	});

	it("visits a pool once that is due and waits for several caps", () => {
		const agenda = agendaOf(["a", "b"], ["a", "b"]);
		for (const key of ["a", "b"]) agenda.wait(1, key);
		agenda.add(1);
		expect([...agenda.round(["a", "b"], () => true)]).toEqual([1]);
		expect([...agenda.round(["a", "b"], () => true)]).toEqual([]);
	});

	it("visits a pool once that waits repeatedly for a cap, before or after others", () => {
		const agenda = agendaOf(["a"], ["a"], ["a"]);
		for (const pool of [1, 0, 1, 2, 0, 2]) agenda.wait(pool, "a");
		expect([...agenda.round(["a"], () => true)]).toEqual([0, 1, 2]);
	});

	it("visits a pool that is due after one that waits before it", () => {
		const agenda = agendaOf(["a"], ["a"], []);
		agenda.wait(0, "a");
		agenda.add(2);
		expect([...agenda.round(["a"], () => true)]).toEqual([0, 2]);
	});

	it("leaves pools that are added meanwhile for the next round", () => {
		const agenda = agendaOf([], []);
		agenda.add(0);
		for (const pool of agenda.round([], () => true)) agenda.add(pool + 1);
		expect([...agenda.round([], () => true)]).toEqual([1]);
	});
});
