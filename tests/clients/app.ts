// What an app does, typed by nothing but the OpenAPI document: find, quote, book, pay, look, cancel, page through.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Problem = components["schemas"]["Problem"];
type Booking = components["schemas"]["BookingView"];

const api = createClient<paths>({ baseUrl: "https://mobil.example.org" });
const city = "braunschweig";

function told(problem: Problem): never {
  throw new Error(`${problem.code}: ${problem.detail} (${problem.request_id})`);
}

export async function chargeTomorrow(token: string, start: string, end: string): Promise<Booking> {
  const headers = { authorization: `Bearer ${token}` };
  const free = await api.GET("/v1/{city}/availability", {
    params: { path: { city }, query: { service: "charging", start, end, near: "52.2638,10.5180" } },
    headers,
  });
  if (free.error) told(free.error);
  const nearest = free.data.items[0];
  if (nearest === undefined) throw new Error("nothing is free");

  const quote = await api.POST("/v1/{city}/quotes", {
    params: { path: { city } },
    headers,
    body: { service: "charging", resource_id: nearest.resource_id, start, end },
  });
  if (quote.error) told(quote.error);
  const gross: number = quote.data.total.amount;

  const booked = await api.POST("/v1/{city}/bookings", {
    params: { path: { city }, header: { "Idempotency-Key": crypto.randomUUID() } },
    headers,
    body: { quote_id: quote.data.id },
  });
  if (booked.error) told(booked.error);
  if (gross > 0) {
    const paid = await api.POST("/v1/{city}/bookings/{booking_id}/payment", {
      params: { path: { city, booking_id: booked.data.id }, header: { "Idempotency-Key": crypto.randomUUID() } },
      headers,
      body: { payment_method_id: "pm_card_visa" },
    });
    if (paid.error) told(paid.error);
  }
  return booked.data;
}

export async function* ownBookings(token: string): AsyncGenerator<Booking> {
  let cursor: string | undefined;
  do {
    const page = await api.GET("/v1/{city}/bookings", {
      params: { path: { city }, query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } },
      headers: { authorization: `Bearer ${token}` },
    });
    if (page.error) told(page.error);
    yield* page.data.items;
    cursor = page.data.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
