"""Sentences of django-allauth that our catalogues say in our own voice: its translations call a
reader "du" and "tú", ours "Sie" and "usted"."""

from __future__ import annotations

from chatbot.realtime.sentences import N_

SENTENCES = (
    N_("You cannot remove your primary email address."),
    N_("Please type your current password."),
    N_("You cannot add more than %d email addresses."),
    N_("Too many failed login attempts. Try again later."),
    N_("Your primary email address must be verified."),
    N_("Username can not be used. Please use other username."),
    N_("Please select only one."),
    N_("Be patient, you are sending too many requests."),
    N_("You must type the same password each time."),
    N_("You must type the same email each time."),
    N_("Do you really want to remove the selected email address?"),
    N_(
        "You are receiving this email because you or someone else tried to signup for an\n"
        "account using email address:\n"
        "\n"
        "%(email)s\n"
        "\n"
        "However, an account using that email address already exists.  In case you have\n"
        "forgotten about this, please use the password forgotten procedure to recover\n"
        "your account:\n"
        "\n"
        "%(password_reset_url)s"
    ),
    N_("Thank you for using %(site_name)s!\n%(site_domain)s"),
    N_("Please Confirm Your Email Address"),
    N_("Your password has been changed."),
    N_(
        "You're receiving this email because you or someone else has requested a password "
        "reset for your user account.\n"
        "It can be safely ignored if you did not request a password reset. Click the link "
        "below to reset your password."
    ),
    N_("In case you forgot, your username is %(username)s."),
    N_("Your email address is still pending verification."),
    N_(
        'Please confirm that <a href="mailto:%(email)s">%(email)s</a> is an email address '
        "for user %(user_display)s."
    ),
    N_(
        "This email confirmation link expired or is invalid. Please <a "
        'href="%(email_url)s">issue a new email confirmation request</a>.'
    ),
    N_("You cannot remove your primary email address (%(email)s)."),
    N_("You have confirmed %(email)s."),
    N_("You have signed out."),
    N_("Your phone number is still pending verification."),
    N_("You are already logged in as %(user_display)s."),
    N_(
        "You currently do not have any email address set up. You should really add an "
        "email address so you can receive notifications, reset your password, etc."
    ),
    N_("Verify Your Email Address"),
    N_(
        "We have sent an email to you for verification. Follow the link provided to "
        "finalize the signup process. If you do not see the verification email in your "
        "main inbox, check your spam folder. Please contact us if you do not receive the "
        "verification email within a few minutes."
    ),
    N_(
        "This part of the site requires us to verify that\n"
        "you are who you claim to be. For this purpose, we require that you\n"
        "verify ownership of your email address. "
    ),
    N_(
        "We have sent an email to you for\n"
        "verification. Please click on the link inside that email. If you do not see the "
        "verification email in your main inbox, check your spam folder. Otherwise\n"
        "contact us if you do not receive it within a few minutes."
    ),
    N_(
        '<strong>Note:</strong> you can still <a href="%(email_url)s">change your email '
        "address</a>."
    ),
    N_("Already have an account? Then please %(link)ssign in%(end_link)s."),
    N_("We've sent a code to %(recipient)s. The code expires shortly, so please enter it soon."),
    N_("To confirm this is correct, go to %(activate_url)s"),
    N_("Your email has been changed from %(from_email)s to %(to_email)s."),
    N_(
        "You're receiving this email because user %(user_display)s has given your email "
        "address to register an account on %(site_domain)s."
    ),
    N_(
        "Your email verification code is listed below. Please enter it in your open browser window."
    ),
    N_("Email address %(deleted_email)s has been removed from your account."),
)
