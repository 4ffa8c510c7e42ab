/** Makes an account of a real Label Studio by its form of invitation, which has no other interface. */

export interface SigningUp {
  url: string;
  ownerToken: string;
  email: string;
}

/** Gives the legacy token of the new account. */
export async function signUp({ url, ownerToken, email }: SigningUp): Promise<string> {
  const invite = await fetch(`${url}/api/invite`, { headers: { authorization: `Token ${ownerToken}` } });
  const { invite_url: path } = (await invite.json()) as { invite_url: string };
  const page = await fetch(`${url}${path}`);
  await page.text();
  const cookies = cookiesOf(page);
  const form = new URLSearchParams({
    csrfmiddlewaretoken: cookies.get('csrftoken') ?? '',
    email,
    password: 'password-of-the-tests',
  });
  const signed = await fetch(`${url}${path}`, {
    method: 'POST',
    body: form,
    headers: { cookie: headerOf(cookies), referer: `${url}${path}` },
    redirect: 'manual',
  });
  await signed.text();
  if (signed.status !== 302) throw new Error(`Label Studio made no account for ${email}: ${signed.status}`);
  const session = new Map([...cookies, ...cookiesOf(signed)]);
  const answer = await fetch(`${url}/api/current-user/token`, { headers: { cookie: headerOf(session) } });
  return ((await answer.json()) as { token: string }).token;
}

function cookiesOf(answer: Response): Map<string, string> {
  const pairs = answer.headers.getSetCookie().map((line) => line.split(';')[0]!.split('=') as [string, string]);
  return new Map(pairs);
}

const headerOf = (cookies: Map<string, string>): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
